import { conformOn } from "./suite.ts";

await conformOn("deno", "thread");
