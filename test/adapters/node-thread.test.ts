import { conformOn } from "../conformance.ts";

await conformOn("node", "thread");
