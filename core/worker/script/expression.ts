/**
 * `-e CODE` and its kin (`--filter`, `--reduce`, ...): code from the command line becomes a function.
 *
 * CODE is a function or an expression over `_`. Which of the two it is can't be told from its text without a parser,
 * but it can be told from its value: for an expression the value is the result, for a function it is that function.
 * So code is compiled to `_ => (CODE)`, and its first call looks at what came back (`unwrapOnFirstCall`).
 */
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
    settled = typeof value === "function" ? (value as Compiled) : compiled;
    replace(settled);
    return typeof value === "function" ? settled(record, second) : value;
  };
}

/** For flags whose code must be a function over two values (`--reduce`, `--merge`, `--finish`): known at once. */
export function evaluate(flag: string, compiled: Compiled): unknown {
  try {
    return compiled(undefined, undefined);
  } catch (error) {
    throw new ScriptError(`Cannot use ${flag}: ${(error as Error).message}`);
  }
}
