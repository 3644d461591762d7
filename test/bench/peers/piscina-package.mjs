// piscina lies in a folder of its own: it is no dependency of pmap.
import { createRequire } from "node:module";

const { Piscina } = createRequire(new URL("../../../.cache/piscina/package.json", import.meta.url))("piscina");

export { Piscina };
