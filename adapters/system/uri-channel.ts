/** The FIFOs on which a process asks for files that only another one can read (../shared/uri-files.ts). */
import { execFileSync } from "node:child_process";
import { closeSync, constants, open, openSync, rmSync } from "node:fs";
import { fifoEnds } from "../shared/positional-files.ts";
import { channels, fifosOf } from "../shared/uri-files.ts";

/** Makes those of a process: runtimes have no call for it. @returns what their names begin with */
export function makeFifos(channel: string, pid: number): string {
  const { ask, answer } = fifosOf(channel, pid);
  execFileSync("mkfifo", ["-m", "600", ask, answer], { stdio: ["ignore", "ignore", "pipe"] });
  return `${channel}.${pid}`;
}

/**
 * Opens our own. It takes a thread for each: an open in this one would be deaf to the end of the other process.
 * @param failed rejects when the other process has gone
 */
export async function openChannel(channel: string, failed: Promise<never>): Promise<void> {
  const { ask, answer } = fifosOf(channel, process.pid);
  // An end that is gone at once ends the wait for one, and a process can only end when no thread waits.
  const release = () => {
    for (const path of [ask, answer]) closeSync(openSync(path, constants.O_RDWR));
  };
  process.on("exit", release);
  try {
    const opening = Promise.all([opened(ask, "w"), opened(answer, "r")]);
    const [to, from] = await Promise.race([opening, failed]);
    channels.set(channel, fifoEnds(to, from));
  } catch (error) {
    release();
    throw error;
  } finally {
    process.off("exit", release);
  }
}

export function closeChannel(channel: string): void {
  channels.get(channel)?.close();
  channels.delete(channel);
  const { ask, answer } = fifosOf(channel, process.pid);
  for (const path of [ask, answer]) rmSync(path, { force: true });
}

function opened(path: string, flags: "r" | "w"): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags, (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });
}
