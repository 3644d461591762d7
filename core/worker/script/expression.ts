/**
 * `-e CODE` and its kin (`--filter`, `--reduce`, ...): code from the command line becomes a function.
 *
 * CODE is a function or an expression over `_`. Which of the two it is can't be told from its text without a parser,
 * but it can be told from its value: for an expression the value is the result, for a function it is that function.
 * So code is compiled to `_ => (CODE)`, and its first call looks at what came back (`unwrapOnFirstCall`).
 */
import { JobError } from "../../errors.ts";
import { IMPORT_NAME } from "./dynamic-import.ts";
import { ScriptError } from "./script-exports.ts";

/** Turns TypeScript into JavaScript; throws on what it cannot turn. */
export type StripTypes = (code: string) => string | Promise<string>;

export interface Scope {
  /** What the second parameter is called: `ctx` for a map or filter, `value` for a key. */
  readonly second: string;
  /** Names that the code can use: imported modules by their alias. */
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

type Compiled = (record: unknown, second: unknown) => unknown;

/**
 * Compiles code for a flag.
 * @param flag the flag it came from, for messages
 * @throws {ScriptError} when it is neither JavaScript nor TypeScript
 */
export async function compileExpression(
  flag: string,
  code: string,
  scope: Scope,
  strip: StripTypes,
): Promise<Compiled> {
  const source = (body: string) =>
    `return (_, ${scope.second}) => (\n${body.replace(/;\s*$/, "")}\n)\n//# sourceURL=${flag}`;
  if (code.trim() === "") throw new ScriptError(`Cannot compile ${flag}: it is empty`);
  let compile: (...values: unknown[]) => Compiled;
  try {
    compile = new Function(...scope.names, source(code)) as typeof compile;
  } catch (error) {
    const plain = await stripped(code, strip);
    if (plain === undefined) throw compileError(flag, code, error as Error);
    try {
      compile = new Function(...scope.names, source(plain)) as typeof compile;
    } catch {
      throw compileError(flag, code, error as Error);
    }
  }
  return compile(...scope.values);
}

function compileError(flag: string, code: string, { message }: Error): ScriptError {
  const typed = code.replaceAll(IMPORT_NAME, "import");
  const what = endsTooSoon(code) ? "unexpected end of the expression" : message.replaceAll(IMPORT_NAME, "import");
  const next =
    /(^|[^.\w$])await\b/.test(code) && !/\basync\b/.test(code)
      ? `\nawait needs an async function: ${flag} 'async r => await ...'`
      : "";
  return new ScriptError(`Cannot compile ${flag}: ${what}\n  ${typed}${next}`);
}

/** Whether the parser has read all of the code and wants more: then what it does not expect is what closes it. */
function endsTooSoon(code: string): boolean {
  try {
    new Function(`(${code}\n]`);
    return false;
  } catch (error) {
    return /^Unexpected token '\]'/.test((error as Error).message);
  }
}

/** Types are stripped from a whole statement: on its own, `(r: Row) => r.a` is one, but `{...}` would be a block. */
async function stripped(code: string, strip: StripTypes): Promise<string | undefined> {
  try {
    const plain = (await strip(`$pmap = (${code}\n);`)).trim();
    // Who strips may also print anew: without the spaces, without the parentheses.
    return /^\$pmap\s*=([\s\S]*?);?$/.exec(plain)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * A function to be called per record, out of code that may turn out to be a function itself.
 * `replace` is called once, with the function to call from the second record on: no check stays in the way.
 */
export function unwrapOnFirstCall(
  compiled: Compiled,
  replace: (settled: (record: unknown, second: unknown) => unknown) => void,
): (record: unknown, second: unknown) => unknown {
  let settled: Compiled | undefined;
  return (record, second) => {
    if (settled !== undefined) return settled(record, second);
    const value = compiled(record, second);
    settled = typeof value === "function" ? settledFunction(value as Compiled, compiled) : compiled;
    replace(settled);
    return typeof value === "function" ? settled(record, second) : value;
  };
}

/** As `compileExpression` writes it: what the second parameter is called, and the code. */
const COMPILED = /^\(_, (\w+)\) => \(\n([\s\S]*)\n\)$/;
/** Parameters of a function, where they are a list of names. */
const PARAMETERS = /^(?:async\s*)?(?:function\b\s*\*?\s*[\w$]*\s*)?(?:\(([^()]*)\)|([\w$]+)\s*=>)/;

/**
 * A function sees the `_` and `ctx` of the call that has made it. Where it has no parameters of these names and may use them, it is made
 * anew for each record.
 */
function settledFunction(made: Compiled, compiled: Compiled): Compiled {
  const [, second = "", code = ""] = COMPILED.exec(String(compiled)) ?? [];
  const text = String(made);
  const [, list, only] = PARAMETERS.exec(text) ?? [];
  const parameters = (list ?? only ?? "").split(/[^\w$]+/);
  const free = ["_", second].filter((name) => !parameters.includes(name) && mentions(text, name));
  if (free.length === 0) return made;
  // Without parentheses around it.
  if (
    code
      .trim()
      .replace(/^\(([\s\S]*)\)$/, "$1")
      .trim() === text ||
    code.trim() === text
  )
    return (record, value) => (compiled(record, value) as Compiled)(record, value);
  // What has made it may keep something, which must not be made anew.
  if (!free.includes("ctx")) return made;
  throw new JobError("Cannot use ctx in a function that the code has made\nName it there: (r, ctx) => ...");
}

/** Whether a name stands there that is no property's: in a text or a comment, too. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![.\\w$])${name}(?![\\w$])|\\.\\.\\.${name}(?![\\w$])`).test(text);
}

/** For flags whose code must be a function over two values (`--reduce`, `--merge`, `--finish`): known at once. */
export function evaluate(flag: string, compiled: Compiled): unknown {
  try {
    return compiled(undefined, undefined);
  } catch (error) {
    throw new ScriptError(`Cannot use ${flag}: ${(error as Error).message}`);
  }
}
