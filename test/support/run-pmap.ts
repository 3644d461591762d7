/** Runs the command line as a user would: the built program, on the runtime that runs the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export type RuntimeName = "node" | "deno" | "bun";
export const ownRuntime: RuntimeName = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = process.env.PMAP_TEST_MAIN ?? join(root, "dist/cli/main.js");
export const pmapCommand: readonly [string, ...string[]] = [
  process.execPath,
  ...(ownRuntime === "deno" ? ["run", "-A", main] : [main]),
];

/** A run that takes longer hangs: it is killed, and its result says so. */
const DEADLINE_MS = 240_000;

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Result {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `pmap ...args` */
export function runPmap(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return finished(startPmap(args, options), options.stdin ?? "");
}

/** A line of shell in which `pmap` is the program under test. */
export function runShell(line: string, options: RunOptions & Expectations = {}): Promise<Result> {
  const program = pmapCommand.map((word) => `'${word}'`).join(" ");
  const child = startProgram(["sh", "-c", `pmap() { ${program} "$@"; }\n${line}`], options);
  return finished(child, options.stdin ?? "", options);
}

/** `pmap ...args`, for tests that do something while it runs. */
export function startPmap(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return startProgram([...pmapCommand, ...args], options);
}

/** Nothing that a user can cause shows them pmap's insides: only a test that breaks pmap on purpose may say otherwise. */
export interface Expectations {
  readonly ownStack?: "may be shown";
}

/** What stands below the message of a record that fails. */
export const SKIP_HINT = "To go on without such records: --on-error skip --errors rejects.jsonl\n";

/** Its lines, and those of the script with a caret, left out. */
export function withoutDetails(stderr: string): string {
  return stderr.replace(/^ {2}\d+ \| .*\n\s*\^\n/m, "").replace(SKIP_HINT, "");
}

/** The first line that is a frame of pmap's own, or what a runtime says of a program that has crashed. */
export function ownStackIn(stderr: string): string | undefined {
  const lines = stripVTControlCharacters(stderr).split("\n");
  return lines.find((line) => OWN_FRAME.test(line) || CRASH.test(line));
}

const OWN_FRAME = /^\s*at .*\/(?:dist\/)?(?:cli|core|api|adapters)\/[\w/-]+\.[jt]s|^\s*at .*\/program\.js/;
const CRASH =
  /^(?:Node\.js v\d|Bun v\d.*\(|error: Uncaught (?!\(in worker)|file:\/\/.*\/dist\/)|\bInternalError\b|UnhandledPromiseRejection/;

export async function finished(
  child: ChildProcess,
  stdin?: string | Uint8Array,
  how: Expectations = {},
): Promise<Result> {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  child.stdout?.on("data", (data: Uint8Array) => out.push(data));
  child.stderr?.on("data", (data: Uint8Array) => err.push(data));
  // Who does not read all of its input is free to.
  child.stdin?.on("error", () => {});
  if (stdin !== undefined) child.stdin?.end(stdin);
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, DEADLINE_MS);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...ended) => resolve(ended));
  });
  clearTimeout(deadline);
  const stderr = Buffer.concat(err).toString();
  const shown = ownStackIn(stderr);
  if (shown !== undefined && how.ownStack !== "may be shown")
    throw new Error(`pmap showed its own stack: ${shown}\n${child.spawnargs.join(" ")}\n${stderr}`);
  if (late) throw new Error(`The run took longer than ${DEADLINE_MS} ms: ${child.spawnargs.join(" ")}\n${stderr}`);
  return { code, signal, stdout: Buffer.concat(out).toString(), stderr };
}

/** Deno forgets the exit code of a process whose own `kill` was called. */
export function sendSignal(child: ChildProcess, signal: NodeJS.Signals): void {
  process.kill(child.pid as number, signal);
}

/** Any other program, as pmap would be started. */
export function startProgram([command, ...args]: readonly string[], { env, cwd }: RunOptions = {}): ChildProcess {
  return spawn(command as string, args, { cwd: cwd ?? tmpdir(), env: { ...environment, ...env }, stdio: "pipe" });
}

const {
  NODE_TEST_CONTEXT: _1,
  NODE_OPTIONS: _2,
  FORCE_COLOR: _3,
  ...inherited
} = process.env as Record<string, string>;
const environment: Readonly<Record<string, string>> = {
  ...inherited,
  PATH: [join(root, "node_modules/.bin"), inherited.PATH].join(delimiter),
  NO_COLOR: "1",
};

/** A folder that is gone after the tests of the file that asks for it, outside of any test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pmap-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function fixture(name: string): string {
  const path = join(root, "test/fixtures", name);
  if (!existsSync(path)) throw new Error(`There is no fixture "${name}"`);
  return path;
}

/** Processes with this variable in their environment, by their ids (Linux). */
export function processesWith(variable: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(variable));
}

function environmentOf(pid: number): string[] {
  try {
    // A zombie has no environment.
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** What a file has in it, which may not be there yet, or may be gone: a look whether it is there would come too early. */
export function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return "";
    throw error;
  }
}

/** Looks again until `seen` is true: for what no event tells. False when it has not come within a minute. */
export async function eventually(seen: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 3000; attempt++) {
    if (seen()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return seen();
}
