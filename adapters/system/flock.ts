/** flock(2), by the program of that name: it locks a descriptor that it is given, and the lock stays with our open file. */
import { findProgram } from "./programs.ts";

/**
 * Locks an open file until we end: for this process alone, where that is wanted and no other has a lock on it; otherwise together
 * with others, once none of them has it alone. Undefined where there is no such lock.
 * @param onWait called once when there is an owner to wait for
 */
export async function lockOpenFile(
  fd: number,
  wanted: "owned" | "shared",
  onWait: () => void,
): Promise<"owned" | "shared" | undefined> {
  const flock = findProgram("flock");
  if (flock === undefined) return undefined;
  if (wanted === "owned" && (await runFlock(flock, fd, "-xn")) === "taken") return "owned";
  const outcome = await runFlock(flock, fd, "-sn");
  if (outcome === "held") {
    onWait();
    await runFlock(flock, fd, "-s");
  }
  return outcome === "unsupported" ? undefined : "shared";
}

/** Runs the program, which locks our open file, which it gets as its stdin, and ends. */
export function runFlock(
  program: string,
  fd: number,
  how: "-xn" | "-sn" | "-s",
): Promise<"taken" | "held" | "unsupported"> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(program, [how, "0"], { stdio: [fd, "ignore", "ignore"] });
    child.on("error", () => resolve("unsupported"));
    child.on("exit", (code) => resolve(code === 0 ? "taken" : code === 1 ? "held" : "unsupported"));
  });
}
