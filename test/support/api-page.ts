/**
 * docs/api.md, the public surface of the library on one page, from the declarations that are shipped.
 *
 * `node --import tsx test/support/api-page.ts` writes it; a test compares it with what stands there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const INDEX = "dist/api/index.d.ts";
export const PAGE = join(root, "docs/api.md");

interface Declaration {
  readonly name: string;
  /** The text of its doc comment. */
  readonly doc: string;
  readonly code: string;
}

const EXPORT = /export (?:type )?\{([^}]*)\} from "([^"]+)"/g;
const START = /^export (?:declare )?(?:interface|type|class|function|const) (\w+)/;

export function apiPage(): string {
  const index = readFileSync(join(root, INDEX), "utf8");
  const exported = [...index.matchAll(EXPORT)].flatMap(([, names = "", path = ""]) => {
    const file = join(dirname(INDEX), path.replace(/ts$/, "d.ts"));
    const declared = declarationsOf(readFileSync(join(root, file), "utf8"));
    return names.split(",").flatMap((name) => {
      const plain = name.trim().replace(/^type /, "");
      return plain === "" ? [] : [declared.filter((each) => each.name === plain)];
    });
  });
  const [functions, types] = [exported.filter(isCallable), exported.filter((each) => !isCallable(each))];
  return [
    "# The library, name by name",
    "",
    "Made from the source by `npm run docs:api`; [library.md](library.md) explains it with examples.",
    "",
    "## Functions",
    "",
    ...functions.map(section),
    "## Types and errors",
    "",
    ...types.map(section),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function isCallable(declarations: readonly Declaration[]): boolean {
  return declarations.some(({ code }) => /^function /.test(code));
}

function section(declarations: readonly Declaration[]): string {
  const [first] = declarations;
  if (first === undefined) throw new Error("an exported name is declared nowhere");
  const doc = declarations.map((each) => each.doc).find((text) => text !== "") ?? "";
  const code = declarations.map((each) => each.code).join("\n");
  return [`### ${first.name}`, "", ...(doc === "" ? [] : [doc, ""]), "```typescript", code, "```", ""].join("\n");
}

/** Each with the comment before it. What is not exported is left out. */
function declarationsOf(text: string): Declaration[] {
  const declarations: Declaration[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const name = START.exec(lines[at] as string)?.[1];
    if (name === undefined) continue;
    let end = at;
    // A declaration ends where a line is not indented any deeper and closes it.
    while (!/^(\}|.*;)$/.test(lines[end] as string) || /^\s/.test(lines[end] as string)) end++;
    const code = lines.slice(at, end + 1).join("\n");
    declarations.push({ name, doc: docText(commentBefore(lines, at)), code: code.replace(/^export (declare )?/, "") });
  }
  return declarations;
}

function commentBefore(lines: readonly string[], at: number): string {
  if (!lines[at - 1]?.endsWith("*/")) return "";
  let start = at - 1;
  while (!lines[start]?.startsWith("/**")) start--;
  return lines.slice(start, at).join("\n").slice("/**".length, -"*/".length);
}

function docText(comment: string): string {
  const text = comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
  return text
    .replaceAll(/^@param (\w+) /gm, "- `$1`: ")
    .replaceAll(/^@returns /gm, "- Returns ")
    .replaceAll(/^@example$/gm, "Example:\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, apiPage());
