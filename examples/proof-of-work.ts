// Nothing but work: for each number of the range, the first nonce whose SHA-256 starts with a number of zeros (in hex).
//
//   pmap examples/proof-of-work.ts --range 1..100
//   pmap examples/proof-of-work.ts --range 1..100 -- 2
//
// What follows `--` is `ctx.args`.
import { createHash } from "node:crypto";
import type { Context } from "pmap-cli";

export default function map(block: number, ctx: Context) {
  const zeros = "0".repeat(Number(ctx.args[0] ?? 3));
  for (let nonce = 0; ; nonce++) {
    const hash = createHash("sha256").update(`${block}:${nonce}`).digest("hex");
    if (hash.startsWith(zeros)) return { block, nonce, hash };
  }
}
