/** A terminal for pmap: util-linux's `script` gives it a pseudo-terminal, and its output is played on a screen of lines. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { pmapCommand } from "./run-pmap.ts";

/** Whether there is a `script` that runs a command (util-linux's, not that of BSD). */
export const hasTerminal = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux") ?? false;

export interface InTerminal {
  readonly child: ChildProcess;
  /** All bytes that have come so far. */
  raw(): string;
  readonly ended: Promise<{ readonly code: number | null; readonly screen: readonly string[] }>;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where stdout leads; the terminal unless said. */
  readonly stdout?: string;
  /** The line of shell that runs the command; the command itself unless said. */
  readonly around?: (command: string) => string;
}

/** Runs `pmap ...args` in a terminal. */
export function pmapInTerminal(args: readonly string[], options: TerminalOptions = {}): InTerminal {
  const { columns = 80, env = {}, stdout, around = (command) => `exec ${command}` } = options;
  const words = [...pmapCommand, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const command = `${words}${stdout === undefined ? "" : ` > '${stdout}'`}`;
  const line = `stty cols ${columns} rows 24; ${around(command)}`;
  const child = spawn("script", ["-qefc", line, "/dev/null"], {
    cwd: tmpdir(),
    env: { ...process.env, TERM: "xterm", CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let raw = "";
  child.stdout.on("data", (data: Uint8Array) => {
    // What Deno itself writes to a terminal when it starts.
    raw = (raw + Buffer.from(data).toString()).replaceAll("\x1b[0G\x1b[2K\x1b[J", "");
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve)).then((code) => ({
    code,
    screen: screenOf(raw, columns),
  }));
  return { child, raw: () => raw, ended };
}

/** What stands on an endless screen when all of this has been written to it, without empty lines at the end. */
export function screenOf(text: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const line = () => (rows[row] ??= []);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal does something for
  for (const [piece] of text.matchAll(/\x1b\[[\d;]*[A-Za-z]|\r|\n|[\s\S]/g)) {
    if (piece === "\r") column = 0;
    else if (piece === "\n") [row, column] = [row + 1, column];
    else if (piece === "\x1b[K") line().length = Math.min(line().length, column);
    else if (piece === "\x1b[2K") line().length = 0;
    else if (piece === "\x1b[1A") row = Math.max(0, row - 1);
    else if (!piece.startsWith("\x1b")) {
      if (column >= columns) [row, column] = [row + 1, 0];
      const cells = line();
      while (cells.length < column) cells.push(" ");
      cells[column++] = piece;
    }
  }
  const lines = Array.from({ length: rows.length }, (_, i) => (rows[i] ?? []).join(""));
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
