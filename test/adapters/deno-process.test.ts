import { conformOn } from "../conformance.ts";

await conformOn("deno", "process");
