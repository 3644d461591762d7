/**
 * A function of the program's as code that a worker can compile: its own text, which must stand alone.
 *
 * Loaded only when a script is a function, with a parser (acorn) and a scope analysis (eslint-scope).
 */
import { Parser } from "acorn";
import { analyze } from "eslint-scope";
import { UsageError } from "../../core/errors.ts";

/** What loaders put into functions that they have compiled; it does nothing that a worker needs. */
const HELPERS: Readonly<Record<string, string>> = {
  __name: "(value) => value",
  // Vite and vitest, which count paths from the folder of the project.
  __vite_ssr_dynamic_import__:
    '(name) => import(name.startsWith("/@fs/") ? name.slice(4) : name.replace(/^\\//, "./"))',
};
const PARSER_OPTIONS = { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: false } as const;

/**
 * The code of a function, as an expression.
 * @param role what the function is for: `map`, `key`, ...
 * @throws {UsageError} for a function that is not written in JavaScript, or uses variables from around it
 */
export function codeOfFunction(role: string, value: (...parameters: never[]) => unknown): string {
  const text = Function.prototype.toString.call(value);
  if (/\{\s*\[native code\]\s*\}$/.test(text)) throw cannotSend(role, "it is bound, or built in");
  const code = asExpression(text);
  if (code === undefined)
    throw cannotSend(role, /^class\b/.test(text) ? "it is a class" : "it is not a plain function");
  const free = freeVariables(code);
  const helpers = free.filter((name) => name in HELPERS);
  const unknown = free.filter((name) => !(name in HELPERS) && !(name in globalThis));
  if (unknown.length > 0) {
    const [it, is] = unknown.length === 1 ? ["it", "is"] : ["they", "are"];
    throw cannotSend(
      role,
      `it uses ${unknown.join(", ")}, and ${it} ${is} not inside it`,
      "A function runs in another process: put what it needs into it (import with await import(...)), or into a script of its own",
    );
  }
  if (helpers.length === 0) return code;
  const values = helpers.map((name) => HELPERS[name]).join(", ");
  return `((${helpers.join(", ")}) => ${code})(${values})`;
}

function cannotSend(
  role: string,
  why: string,
  next = "Give an arrow function, a function, or a script of its own",
): UsageError {
  return new UsageError(`Cannot send the function "${role}" to workers: ${why}\n${next}`, { about: "script" });
}

/** `(x) => x`, `function ...` and `async function ...` are expressions; `name(x) { ... }` is one inside an object. */
function asExpression(text: string): string | undefined {
  if (/^class\b/.test(text)) return undefined;
  if (parses(`(${text})`)) return `(${text})`;
  const method = `Object.values({ ${text} })[0]`;
  return !/^[gs]et\s/.test(text) && parses(`(${method})`) ? method : undefined;
}

function parses(code: string): boolean {
  try {
    Parser.parse(code, PARSER_OPTIONS);
    return true;
  } catch {
    return false;
  }
}

/** Names that are used in the code and declared nowhere in it. Those that are only asked for their type may be missing. */
function freeVariables(code: string): string[] {
  const text = `(${code})`;
  const program = Parser.parse(text, { ...PARSER_OPTIONS, ranges: true });
  const scopes = analyze(program as never, { ecmaVersion: 2022, sourceType: "module" });
  const used = (scopes.globalScope?.through ?? []).map(({ identifier }) => identifier as FreeName);
  const names = used.filter(({ range: [start] }) => !/\btypeof\s*$/.test(text.slice(0, start))).map(({ name }) => name);
  return [...new Set(names)];
}

interface FreeName {
  readonly name: string;
  readonly range: readonly [start: number, end: number];
}
