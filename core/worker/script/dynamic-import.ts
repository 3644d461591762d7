/**
 * `import()` in code from the command line: it starts from the user's folder, as `-M` does.
 *
 * Code that is compiled at run time imports from where it is compiled, which is a file of pmap's. So the calls are given
 * another name. Strings, templates and comments are left alone; a regular expression that says `import(` is not told apart.
 */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<![\w$.])import(?=\s*\()/g;
const IN_TEMPLATE = /\$\{([^}]*)\}/g;

/** What the calls are named instead. */
export const IMPORT_NAME = "$pmapImport";

/** The code with its calls renamed; the same text where it has none. */
export function renameImports(code: string): string {
  if (!code.includes("import")) return code;
  return code.replaceAll(TOKEN, (token) => {
    if (token === "import") return IMPORT_NAME;
    if (!token.startsWith("`")) return token;
    return token.replaceAll(IN_TEMPLATE, (_, inner: string) => `\${${renameImports(inner)}}`);
  });
}
