/**
 * The worker: loads the script, answers requests, and keeps outputs until they are granted a place.
 *
 * What a worker is on a runtime (a process, a thread, or nothing but a function call) is the host's business.
 */
import pLimit from "p-limit";
import { byteCount, joinPieces, trimPieces } from "../bytes.ts";
import { describeError, InternalError, JobError, userStack, withoutColours } from "../errors.ts";
import type { OutputFile, WorkerHost } from "../platform/runtime.ts";
import { createFrameDecoder, encodeFrame, type Frame, MAX_BODY_BYTES } from "../protocol/frames.ts";
import type {
  Broken,
  FromWorker,
  Grant,
  Request,
  RunningRecord,
  ToWorker,
  WorkerSettings,
} from "../protocol/messages.ts";
import type { Script, ScriptSource } from "../script/types.ts";
import type { Answer } from "./answer.ts";
import type { TellSign } from "./aside.ts";
import { attempt } from "./attempt.ts";
import { CallError } from "./emitters/folder.ts";
import { PiecePool } from "./emitters/print.ts";
import { Profiler } from "./profile/profiler.ts";
import type { BatchTools, RecordWatch } from "./records/batch-options.ts";
import { createRequestRunner, type RequestRunner } from "./requests.ts";
import { answering } from "./script/answering.ts";
import { compileScript } from "./script/load-script.ts";
import { RecordContext, type WorkerFacts } from "./script/record-context.ts";
import { ScriptError, scriptFacts } from "./script/script-exports.ts";

type State =
  | { readonly phase: "new" }
  | { readonly phase: "loaded"; readonly script: Script }
  | {
      readonly phase: "started";
      readonly script: Script;
      readonly settings: WorkerSettings;
      readonly facts: WorkerFacts;
      readonly runner: RequestRunner;
    }
  | { readonly phase: "broken" };

/** With requests that take longer, a frame is not held until the next one is done, in milliseconds: the journal waits for it. */
const SLOW_MS = 250;

/** Serves one job on the host's port, and ends with it. */
export function serveWorker(host: WorkerHost): void {
  let state: State = { phase: "new" };
  let output: OutputFile | undefined;
  let profiler: Profiler | undefined;
  /** What our frames begin with; unknown until the first message has come. */
  let seal: number | undefined;
  const early: FromWorker[] = [];
  const bornMs = host.now();
  const pieces = new PiecePool();
  const kept = new Map<number, Uint8Array[]>();
  const lifeCounters = new Map<string, number>();
  /** Loading, starting and stopping are asynchronous; what comes after them waits. */
  let before: Promise<void> | undefined;

  /** Frames that go with the next one: each that comes alone wakes the coordinator, and these can wait. */
  let held: Uint8Array[] = [];
  /** How long the last request has taken: the next one may take as long. */
  let busyMs = 0;

  const arrived: Frame[] = [];
  const decode = createFrameDecoder(host.text, (frame) => {
    const message = frame.head as ToWorker;
    // At once, whatever came before it: others wait for the output, and its bytes take up room.
    if (message.type === "grant") write(message);
    else arrived.push(frame);
  });
  host.port.receive(
    (bytes) => {
      decode(bytes);
      for (const frame of arrived.splice(0)) receive(frame.head as Exclude<ToWorker, Grant>, frame);
      release();
    },
    () => host.exit(),
  );

  host.listenForStrays?.((what, error) => {
    const how =
      what === "rejected" ? "a promise was rejected and nothing handles it" : "a timer or an event has thrown";
    const message = `${how} (not tied to a record): ${describeError(error)}`;
    send({ type: "stray", message, stack: userStack(error, host.isOwnFrame) });
  });

  function send(head: FromWorker, body: readonly Uint8Array[] = []): void {
    // It is a preload that has failed.
    if (seal === undefined) return void early.push(head);
    held.push(...encodeFrame(host.text, head, body, seal));
    release();
  }

  function release(): void {
    if (held.length === 0) return;
    const frames = held;
    held = [];
    host.port.send(frames);
  }

  function receive(message: Exclude<ToWorker, Grant>, frame: Frame): void {
    if (message.type === "load") {
      seal = message.seal;
      for (const head of early.splice(0)) send(head);
    }
    // Before what it waits for: records in flight may listen to the signal.
    if (message.type === "stop" && message.how === "in a hurry") host.abort();
    if (before === undefined && isRequest(message)) answer(message, frame);
    else {
      const step = async () => {
        if (message.type === "load") await load(message.script);
        else if (message.type === "start") await start(message.settings);
        else if (message.type === "stop") await stop();
        else answer(message, frame);
      };
      const mine = (before ?? Promise.resolve()).then(step);
      before = mine;
      void mine.then(() => {
        if (before === mine) before = undefined;
      });
    }
  }

  async function load(source: ScriptSource): Promise<void> {
    try {
      const script = await compileScript(source, host);
      state = { phase: "loaded", script };
      send({ type: "loaded", facts: scriptFacts(script) });
    } catch (error) {
      state = { phase: "broken" };
      send(brokenBy(error, "load", source));
    }
  }

  function brokenBy(error: unknown, phase: Broken["phase"], source?: ScriptSource): Broken {
    const cause = error instanceof ScriptError ? error.cause : error;
    const wantsTsx = source?.loader === "native" && host.wantsTsx(cause, source.url);
    if (error instanceof ScriptError || error instanceof JobError)
      return { type: "broken", phase, message: error.message, stack: "", wantsTsx };
    const what = phase === "load" ? `Cannot load "${source?.name}": ` : `${phase} threw `;
    const syntax = phase === "load" && !wantsTsx ? host.describeSyntax?.(error, source?.url) : undefined;
    if (syntax !== undefined) return { type: "broken", phase, message: what + syntax, stack: "", wantsTsx };
    const message = what + withoutColours(describeError(error));
    const stack = withoutColours(userStack(error, host.isOwnFrame));
    // The message of a module that is not found may end with the place itself.
    const isTold = stack !== "" && message.endsWith(`\n${stack}`);
    return { type: "broken", phase, message, stack: isTold ? "" : stack, wantsTsx };
  }

  async function start(settings: WorkerSettings): Promise<void> {
    // It was sent before the coordinator knew.
    if (state.phase === "broken") return;
    if (state.phase !== "loaded") throw new InternalError("start came before load");
    const script = settings.answersEach ? answering(state.script) : state.script;
    try {
      const { concurrency, seed, worker, args } = settings;
      const facts: WorkerFacts = { worker, seed, args, signal: host.signal };
      const tools: BatchTools = {
        script,
        facts,
        limiter: pLimit(concurrency),
        observed: { asynchronous: false },
        isOwnFrame: host.isOwnFrame,
        after: host.after,
      };
      const runner = createRequestRunner(settings, script, tools, host, { pieces, sample: () => profiler?.sample() });
      // Before any of the script's code: a script that closes descriptors must not make this file descriptor 1.
      const { outputPath } = settings;
      if (outputPath !== undefined) output = attempt(`write "${outputPath}"`, () => host.openOutput(outputPath));
      await script.setup?.(lifeContext(facts));
      state = { phase: "started", script, settings, facts, runner };
      if (settings.measures !== undefined) profiler = new Profiler(host.now, settings.measures, bornMs);
      send({ type: "started" });
    } catch (error) {
      state = { phase: "broken" };
      send(brokenBy(error, "setup"));
    }
  }

  function lifeContext(facts: WorkerFacts): RecordContext {
    const cursor = { offset: () => 0, line: () => 0 };
    const place = { cursor, source: "", sourceIndex: -1, linesBefore: 0, counters: lifeCounters };
    return new RecordContext(facts, place);
  }

  async function stop(): Promise<void> {
    if (state.phase === "started") {
      const { script, facts } = state;
      try {
        await script.teardown?.(lifeContext(facts));
      } catch (error) {
        send(brokenBy(error, "teardown"));
      }
    }
    // What has been rejected is told at the end of a turn of the event loop.
    if (host.listenForStrays !== undefined) await new Promise<void>((resolve) => void host.after(0, resolve));
    send({ type: "stopped", counters: [...lifeCounters], stats: profiler?.stats(), cpuMs: host.cpuMs?.() });
    host.exit();
  }

  function answer(request: Request, frame: Frame): void {
    // It was sent before the coordinator knew.
    if (state.phase === "broken") return;
    const startMs = host.now();
    profiler?.begin();
    try {
      const answer = run(request, frame);
      if (answer instanceof Promise) {
        const rest = keepAlive(request.id);
        answer.finally(rest).then(
          (settled) => reply(request, settled, startMs),
          (error) => refuse(request, error),
        );
      } else reply(request, answer, startMs);
    } catch (error) {
      refuse(request, error);
    }
  }

  function run(request: Request, frame: Frame): Answer | Promise<Answer> {
    if (state.phase !== "started") throw new InternalError(`${request.type} came before start`);
    if (request.type === "compress") return state.runner.compress(request, joinPieces(frame.body));
    if (request.type === "merge") return state.runner.merge(request, joinPieces(frame.body));
    if (request.type === "map")
      return state.runner.map(request, joinPieces(frame.body), watchFor(request.id), tellFor(request.id));
    return state.runner.group(request);
  }

  /** While a request only waits, nothing else shows the coordinator's clock that the worker is well. */
  function keepAlive(id: number): () => void {
    const timeoutMs = state.phase === "started" ? state.settings.timeoutMs : undefined;
    if (timeoutMs === undefined) return () => {};
    const beat = () => {
      send({ type: "heartbeat", id });
      cancel = host.after(timeoutMs / 4, beat);
    };
    let cancel = host.after(timeoutMs / 4, beat);
    return () => cancel();
  }

  function tellFor(id: number): TellSign {
    return (sign: "heartbeat" | "untimed" | "running", at?: RunningRecord) =>
      send({ ...at, type: sign, id } as FromWorker);
  }

  function watchFor(id: number): RecordWatch {
    return {
      started: (source, offset, line) => send({ type: "recordStarted", id, source, offset, line }),
      ended: (source, offset) => send({ type: "recordEnded", id, source, offset }),
    };
  }

  function reply(request: Request, answer: Answer, startMs: number): void {
    profiler?.end(request, answer);
    if (!("output" in answer)) {
      send(answer.head);
      return;
    }
    const bytes = byteCount(answer.output);
    const inlineBytes = state.phase === "started" ? state.settings.inlineBytes : 0;
    const keep = bytes > inlineBytes;
    const bodyBytes = (keep ? 0 : bytes) + byteCount(answer.values);
    if (bodyBytes > MAX_BODY_BYTES) {
      refuse(request, tooMuch(bodyBytes));
      return;
    }
    if (keep) kept.set(answer.head.id, answer.output);
    busyMs = host.now() - startMs;
    const head = { ...answer.head, bytes, kept: keep, busyMs, stats: profiler?.stats() };
    during("send", () => send(head, keep ? answer.values : [...answer.output, ...answer.values]));
    if (!keep && host.port.sendsAtOnce) pieces.give(answer.output);
  }

  function during(stage: "send" | "write", action: () => void): void {
    if (profiler === undefined) action();
    else profiler.during(stage, action);
  }

  /** No record's fault: a merge that throws, an input that cannot be read, or a bug of ours. */
  function refuse(request: Request, thrown: unknown): void {
    profiler?.end(request);
    const error = thrown instanceof CallError ? thrown.cause : thrown;
    const told = thrown instanceof CallError ? `${thrown.verb} threw ${describeError(error)}` : describeError(error);
    send({
      type: "failed",
      id: request.id,
      failure: undefined,
      counts: { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 },
      message: error instanceof JobError ? error.message : told,
      stack: error instanceof JobError ? "" : userStack(error, host.isOwnFrame),
      internal: error instanceof InternalError,
    });
  }

  function write(grant: Grant): void {
    during("write", () => writeKept(grant));
  }

  function writeKept({ id, position, trim }: Grant): void {
    const bytes = kept.get(id);
    kept.delete(id);
    try {
      if (bytes === undefined) throw new InternalError(`nothing is kept for request ${id}`);
      if (output === undefined) throw new InternalError("a grant came, but there is no output file");
      output.write(trimPieces(bytes, trim), position);
      pieces.give(bytes);
      held.push(...encodeFrame(host.text, { type: "written", id }, [], seal));
      if (busyMs > SLOW_MS) release();
    } catch (error) {
      send({ type: "unwritten", id, message: (error as Error).message });
    }
  }
}

/** Output is bounded between records: this is what a single one has made of itself. */
function tooMuch(bytes: number): JobError {
  return new JobError(
    `Cannot take ${bytes} bytes from a worker at once: a frame holds ${MAX_BODY_BYTES}\nWith -o FILE a worker writes its output itself`,
  );
}

function isRequest(message: ToWorker): message is Request {
  return message.type === "map" || message.type === "merge" || message.type === "group";
}
