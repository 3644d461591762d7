/**
 * What a script's text tells without running it, for `--dry-run`: its exports, and its `options` where they are written as literal
 * values. Types are no obstacle: the value alone is parsed.
 */
import { type Expression, parseExpressionAt } from "acorn";
import { EXPORTS } from "../core/script/inline-code.ts";

export interface ScriptText {
  /** The exports that mean something, in the order of the table. */
  readonly exports: readonly string[];
  /** Undefined where there are some that only running the script would tell. */
  readonly options: Readonly<Record<string, unknown>> | undefined;
}

export function readScriptText(text: string): ScriptText {
  const code = withoutComments(text);
  const names = exportedNames(code.replaceAll(STRING, '""'));
  const exports = EXPORTS.filter((name) => names.has(name));
  return { exports, options: exports.includes("options") ? literalOptions(code) : {} };
}

const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** Comments are blanks, strings stay: `//` in a string is no comment. */
function withoutComments(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g,
    (found) => (/^\/[/*]/.test(found) ? " " : found),
  );
}

function exportedNames(code: string): Set<string> {
  const names = new Set<string>();
  if (/\bexport\s+default\b|\bmodule\.exports\s*=(?!\s*\{)/.test(code)) names.add("default");
  for (const [, name = ""] of code.matchAll(
    /\bexport\s+(?:declare\s+)?(?:async\s+)?(?:function\s*\*?|const|let|var|class)\s*(\w+)/g,
  ))
    names.add(name);
  for (const [, list = ""] of code.matchAll(/\bexport\s*\{([^}]*)\}/g))
    for (const item of list.split(",")) names.add((/(?:\bas\s+)?(\w+)\s*$/.exec(item)?.[1] ?? "").trim());
  for (const [, name = ""] of code.matchAll(/\b(?:module\.)?exports\.(\w+)\s*=/g)) names.add(name);
  const common = /\bmodule\.exports\s*=\s*\{([^}]*)\}/.exec(code)?.[1];
  for (const item of common?.split(",") ?? []) names.add(/^\s*(?:async\s+)?(\w+)/.exec(item)?.[1] ?? "");
  return names;
}

function literalOptions(code: string): Record<string, unknown> | undefined {
  const found = /\b(?:export\s+(?:const|let|var)\s+options\b[^=]*=|exports\.options\s*=)\s*/.exec(code);
  if (found === null) return undefined;
  try {
    const value = literalOf(parseExpressionAt(code, found.index + found[0].length, { ecmaVersion: "latest" }));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // A name, a call, a spread: known when it runs.
    return undefined;
  }
}

/** @throws {TypeError} for what is no literal */
function literalOf(node: Expression | null): unknown {
  if (node?.type === "Literal") return node.value;
  if (node?.type === "UnaryExpression" && node.operator === "-") return -(literalOf(node.argument) as number);
  if (node?.type === "TemplateLiteral" && node.quasis.length === 1) return node.quasis[0]?.value.cooked;
  if (node?.type === "ArrayExpression") return node.elements.map((element) => literalOf(element as Expression));
  if (node?.type !== "ObjectExpression") throw new TypeError("no literal");
  return Object.fromEntries(
    node.properties.map((property) => {
      if (property.type !== "Property" || property.computed || property.kind !== "init")
        throw new TypeError("no literal");
      const { key } = property;
      const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined;
      if (name === undefined) throw new TypeError("no literal");
      return [name, literalOf(property.value as Expression)];
    }),
  );
}
