/** AssemblyScript, which `npm run build:wasm` compiles to ../rows.wasm.ts. See ../../slots/layout.ts and ../layout.ts for the memory. */
export { look } from "./look";
export { readRows } from "./read-rows";
export { recordEnd } from "./record-end";
