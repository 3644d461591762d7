/**
 * The entry of a stage, which an executor of Spark's starts: its port is stdin and stdout, and it ends with its stdin.
 *
 *     stage.js FOLDER FIRST_WORKER [SCRIPT]
 */
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FromStage, StageJob, ToStage } from "../../core/coordinator/stage/messages.ts";
import { Stage } from "../../core/coordinator/stage/stage.ts";
import { WorkerPool } from "../../core/coordinator/workers/worker-pool.ts";
import type { InputSource } from "../../core/formats/codec.ts";
import type { WorkerLink } from "../../core/platform/runtime.ts";
import { createFrameDecoder, encodeFrame } from "../../core/protocol/frames.ts";
import type { Failed } from "../../core/protocol/messages.ts";
import { factsOfCode } from "../../core/script/inline-code.ts";
import type { ScriptSource } from "../../core/script/types.ts";
import { loadRuntime } from "../detect.ts";
import { openInput } from "../shared/positional-files.ts";
import { uriOf, uriPath } from "../shared/uri-files.ts";
import { createSpawn } from "../spawn-workers.ts";
import { residentBytes } from "../system/memory.ts";
import { createReaper } from "../system/reaper.ts";
import { makeFifos, openChannel } from "../system/uri-channel.ts";
import { stageInputs } from "./stage-inputs.ts";

/** What a worker may take to leave when its executor has gone, in milliseconds. */
const LEAVE_MS = 500;

const [folder = ".", firstWorker = "0", scriptFile] = process.argv.slice(2);
// Ctrl-C reaches the whole process group where the executor is on the user's machine: when to stop is pmap's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
/** What the names of the workers' FIFOs begin with. */
const channel = join(folder, "uris");
const runtime = await loadRuntime();
const reaper = createReaper(runtime);
const environment = { after, now: () => performance.now(), residentBytes, openInput, text: runtime.text };
let stage: Stage | undefined;
/** Resolves when this process can read URIs. */
let ownChannel: Promise<void> | undefined;
/** What is said goes out in order, and what is asked is answered in order. */
let writing: Promise<void> = Promise.resolve();
let answering: Promise<void> = Promise.resolve();

const decode = createFrameDecoder(runtime.text, ({ head }) => {
  answering = answering.then(() => answer(head as ToStage));
});
for (let bytes = await runtime.readStdin(); bytes !== undefined; bytes = await runtime.readStdin()) decode(bytes);
await stage?.close(LEAVE_MS);
process.exit(0);

async function answer(message: ToStage): Promise<void> {
  if (message.type === "open") await open(message.job);
  else if (message.type === "cut") (stage as Stage).cut(message);
  else if (message.type === "look") await (stage as Stage).look(message);
  else await (stage as Stage).run(message);
  // The next task is not begun before the answer to this one is out of our hands.
  await writing;
}

async function open(job: StageJob): Promise<void> {
  try {
    stage = await stageFor(job);
    await stage.open();
    send({ type: "opened", runtime: runtime.name, version: runtime.version });
  } catch (error) {
    send({ type: "broken", message: (error as Error).message });
  }
}

async function stageFor(job: StageJob): Promise<Stage> {
  const { maxMemoryBytes } = job.terms;
  const script = scriptHere(job.script);
  const sources = job.settings.sources.map(sourceHere);
  const sandbox = job.sandboxed ? readable(sources) : undefined;
  const kind = { mode: "process", runtime: runtime.name, ownsStdout: true, sandbox } as const;
  const spawn = await createSpawn(runtime, { ...kind, maxMemoryBytes, folder }, (bytes) => process.stderr.write(bytes));
  const readsUris = sources.some(({ path }) => path !== undefined && uriOf(path) !== undefined);
  const createPool = (onWarning: (message: string) => void) => {
    const pool = new WorkerPool({
      spawn: () => {
        const link = spawn();
        reaper.watch(link);
        if (readsUris) serveUris(link);
        return link;
      },
      firstWorker: Number(firstWorker),
      script,
      facts: factsOfCode(script),
      text: runtime.text,
      now: environment.now,
      after,
      onWarning,
    });
    pool.grow(1);
    const here = { sources, outputPath: undefined, inlineBytes: Number.MAX_SAFE_INTEGER, spillFolder: folder };
    pool.begin({ ...job.settings, ...here });
    return pool;
  };
  return new Stage({ job, createPool, environment, inputs: stageInputs(job, pathHere), send });
}

/** The script's folder, with what has been sent beside it, and the inputs. */
function readable(sources: readonly InputSource[]): string[] {
  const files = sources.flatMap(({ path }) => (path === undefined ? [] : [path]));
  return scriptFile === undefined ? files : [dirname(scriptFile), ...files];
}

/** A URI is asked for on FIFOs of ours. */
function sourceHere(source: InputSource): InputSource {
  const far = uriOf(source.path ?? "");
  return far === undefined ? source : { ...source, path: uriPath(channel, far.uri) };
}

/** Where this process finds a path. */
async function pathHere(path: string): Promise<string> {
  const far = uriOf(path);
  if (far === undefined) return path;
  ownChannel ??= openOwnChannel();
  await ownChannel;
  return uriPath(channel, far.uri);
}

async function openOwnChannel(): Promise<void> {
  send({ type: "serve", fifos: makeFifos(channel, process.pid), ends: false });
  // The end of the executor is the end of our stdin.
  await openChannel(channel, new Promise(() => {}));
}

/** The executor answers what the worker asks, as long as it is there. */
function serveUris(link: WorkerLink): void {
  // It could not be started.
  if (link.pid === undefined) return;
  const fifos = makeFifos(channel, link.pid);
  send({ type: "serve", fifos, ends: false });
  // Detached: `exited` never rejects.
  void link.exited.then(() => send({ type: "serve", fifos, ends: true }));
}

/** The script as it has come along: one file with all that it imports. */
function scriptHere(script: ScriptSource): ScriptSource {
  const url = scriptFile === undefined ? undefined : pathToFileURL(scriptFile).href;
  return { ...script, url, loader: "native", folder };
}

function send(head: FromStage, body: readonly Uint8Array[] = []): void {
  const frame = encodeFrame(runtime.text, head.type === "failed" ? withPlace(head) : head, body);
  writing = writing.then(() => runtime.writeStdout(frame));
}

/** Where a file, or a program that reads it, is missing, and what has to be. */
function withPlace(failed: Failed): Failed {
  const [, missing] = /^Cannot read "[^\n]*(no such file|on the PATH)/i.exec(failed.message) ?? [];
  if (failed.failure !== undefined || missing === undefined) return failed;
  const must =
    missing === "on the PATH"
      ? "it must be installed on every machine of the cluster"
      : "inputs must be there on every machine of the cluster, under the same path";
  return { ...failed, message: `${failed.message}\nThat is so on ${hostname()}: ${must}` };
}

function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}
