/** Which frames of a stack are pmap's own, so that users see theirs. */
const compiled = import.meta.url.endsWith(".js");
const root = decodeURIComponent(new URL(import.meta.url).pathname).replace(/adapters\/[^/]*$/, "");
/** From source, examples and tests live beside our folders: they are a user's code. */
const folders = compiled ? [root] : ["core/", "adapters/", "cli/"].map((folder) => root + folder);

export function isOwnFrame(line: string): boolean {
  return (
    folders.some((folder) => line.includes(folder)) || /\/node_modules\/(tsx|esbuild|p-limit|yocto-queue)\//.test(line)
  );
}
