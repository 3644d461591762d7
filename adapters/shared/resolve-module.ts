/** Finding a module as Node would find it from a folder (Node and Deno; Bun has its own way). */

/** The URL of a module, or its name where it is built in. Throws what Node would throw. */
export async function resolveModule(specifier: string, folder: string): Promise<string> {
  const { createRequire } = await import("node:module");
  const { pathToFileURL } = await import("node:url");
  try {
    const path = createRequire(`${folder}/`).resolve(specifier);
    if (path.startsWith("/")) return pathToFileURL(path).href;
    return path.startsWith("node:") ? path : `node:${path}`;
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    // A package that only `import` can load.
    const { resolve } = await import("import-meta-resolve");
    return resolve(specifier, pathToFileURL(`${folder}/`).href);
  }
}
