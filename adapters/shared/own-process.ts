/**
 * `process` as it was before a script was loaded: scripts and their test libraries replace the global. Not by way of an import
 * of node:process, which looks at every property: it would open stdin and stdout.
 */
export const { process } = globalThis;
