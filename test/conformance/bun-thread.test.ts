import { conformOn } from "./suite.ts";

await conformOn("bun", "thread");
