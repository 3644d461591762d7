/** What `--version` prints: the version alone on the first line, then the runtimes that are found. */
import { offeredRuntimes } from "../../api/machine.ts";
import type { RuntimeName } from "../../api/options.ts";

export async function versionText(version: string, own: RuntimeName): Promise<string> {
  const runtimes = await offeredRuntimes(own);
  const lines = runtimes.map(({ name, version: found, path }) => {
    const where = path === undefined ? "not on the PATH" : `${found ?? "does not start"}  ${path}`;
    return `${name.padEnd(4)} ${where}${name === own ? "  (runs pmap)" : ""}`;
  });
  return [version, ...lines].join("\n");
}
