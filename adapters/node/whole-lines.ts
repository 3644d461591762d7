/** What tsx has made one line of is printed in lines again, a statement a line, with a source map from there to the TypeScript. */
import nodeModule from "node:module";
import { inLines, type Loaded, loadedInLines } from "./in-lines.ts";

type NextLoad = (url: string, context: unknown) => Loaded;

interface Hooks {
  registerHooks?(hooks: { load(url: string, context: unknown, next: NextLoad): Loaded }): void;
  register?(url: string): void;
  readonly prototype: { _compile(this: unknown, code: string, file: string, ...rest: unknown[]): unknown };
}

/** Behind tsx, which has to be there. */
export function printInLines(): void {
  const hooks = nodeModule as unknown as Hooks;
  if (typeof hooks.registerHooks === "function")
    hooks.registerHooks({ load: (url, context, next) => loadedInLines(next(url, context), url) });
  // There a module is loaded in a thread of its own.
  else hooks.register?.(hooksUrl());
  // CommonJS goes its own way.
  const { prototype } = hooks;
  const compile = prototype._compile;
  prototype._compile = function (code, file, ...rest) {
    return compile.call(this, inLines(code, file), file, ...rest);
  };
}

/** From source the hooks are TypeScript as well. */
function hooksUrl(): string {
  const own = import.meta.url;
  return new URL(`./line-hooks${own.slice(-3)}`, own).href;
}
