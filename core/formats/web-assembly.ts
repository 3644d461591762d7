/** WebAssembly, kept before a script can change it. */

// Its types come with those of a runtime, which core does not see.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** There is none under `node --jitless`. */
const Module = typeof WebAssembly === "undefined" ? undefined : WebAssembly.Module;
const Instance = typeof WebAssembly === "undefined" ? undefined : WebAssembly.Instance;

/** Bytes of an input for which a module is worth its start, which may take some milliseconds. */
export const WORTH_BYTES = 64 * 1024;

/** What a module exports; undefined where there is no WebAssembly, or `ulimit -v` leaves no room for the addresses of its memory. */
export function instantiate<Exports>(bytes: Uint8Array): Exports | undefined {
  if (Module === undefined || Instance === undefined) return undefined;
  try {
    return new Instance(new Module(bytes)).exports as Exports;
  } catch {
    return undefined;
  }
}
