/** What can be told of a function from outside: kept before a script can put something else in the place of what tells it. */
const { apply } = Reflect;
const { hasOwn, getOwnPropertyDescriptor } = Object;
const toText = Function.prototype.toString;
const argumentsGetter = getOwnPropertyDescriptor(Function.prototype, "arguments")?.get;

type AnyFunction = (...values: never[]) => unknown;

/** The function's code, as it was read. A native or bound one has none: what comes back is no JavaScript. */
export function sourceOf(fn: AnyFunction): string {
  return apply(toText, fn, []) as string;
}

/**
 * Whether other code can get at the arguments of a call that is under way, by `fn.arguments`: of a sloppy `function`, but not of an
 * arrow function, a method, a generator, or where code is strict. V8 has it as a property of each function, unless Deno has set it
 * otherwise; elsewhere a getter throws where it may not be seen.
 */
export function givesArguments(fn: AnyFunction): boolean {
  if (hasOwn(fn, "arguments") || hasOwn(fn, "caller")) return true;
  if (argumentsGetter === undefined) return false;
  try {
    apply(argumentsGetter, fn, []);
    return true;
  } catch {
    return false;
  }
}
