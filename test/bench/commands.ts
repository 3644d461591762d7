import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

/** Words as one command line for a shell. */
export function quote(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** Runs a command line by way of bash; a pipe fails where any of its commands does. */
export function shell(command: string): Promise<void> {
  return run(["bash", "-c", `set -o pipefail; ${command}`]);
}

/**
 * Runs a command to its end.
 * @param output gets what comes out of its stdout, which is a pipe then
 * @throws what it wrote to stderr, when it does not end with 0
 */
export function run(command: readonly string[], output?: string): Promise<void> {
  const [program = "", ...args] = command;
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ["ignore", output === undefined ? "inherit" : "pipe", "pipe"] });
    const printed: Buffer[] = [];
    child.stdout?.on("data", (data) => printed.push(data));
    let complaint = "";
    child.stderr?.on("data", (data) => {
      complaint += data;
    });
    child.on("error", fail);
    child.on("close", (code, signal) => {
      if (output !== undefined) writeFileSync(output, Buffer.concat(printed));
      if (code === 0) done();
      else fail(new Error(`Cannot measure "${command.join(" ")}": it ended with ${code ?? signal}.\n${complaint}`));
    });
  });
}
