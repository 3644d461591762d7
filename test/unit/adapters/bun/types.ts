// Checked by `npm run types`: what adapters/bun/bun.ts says of Bun is so.
import type { BunGlobal, BunProcess, ListeningProcess, PipedProcess, Stdio } from "../../../../adapters/bun/bun.ts";

export const found: Omit<BunGlobal, "spawn"> = Bun;

/** A function with several signatures is assignable to no other. */
export function spawned(argv: string[], stdio: Stdio): [PipedProcess, ListeningProcess, BunProcess] {
  return [
    Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "pipe", ...stdio }),
    Bun.spawn(argv, { stdin: "pipe", stdout: "ignore", stderr: "ignore", ...stdio }),
    Bun.spawn(argv, { stdin: "inherit", stdout: "ignore", stderr: "ignore", ...stdio }),
  ];
}
