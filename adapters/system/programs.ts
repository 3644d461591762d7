/** Finding programs on the PATH. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The file that a command's name stands for; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    // Deno puts itself on the PATH as a stand-in for node.
    if (folder === "" || folder.endsWith("node_compat_bin")) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
