/** Which frames of a stack are pmap's own, so that users see theirs. */
const compiled = import.meta.url.endsWith(".js");
const root = new URL(import.meta.url).pathname.replace(/adapters\/shared\/[^/]*$/, "");
/** From source, examples and tests live beside our folders: they are a user's code. */
const urls = compiled ? [root] : ["core/", "adapters/", "api/", "cli/"].map((folder) => root + folder);
/** Node names a module by its URL, Bun by its path. */
const folders = [...urls, ...urls.map(decodeURIComponent)];

export function isOwnFrame(line: string): boolean {
  return (
    folders.some((folder) => line.includes(folder)) || /\/node_modules\/(tsx|esbuild|p-limit|yocto-queue)\//.test(line)
  );
}
