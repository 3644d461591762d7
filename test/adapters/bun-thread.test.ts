import { conformOn } from "../conformance.ts";

await conformOn("bun", "thread");
