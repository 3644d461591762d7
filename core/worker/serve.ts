/**
 * The worker: loads the script, answers requests, and keeps outputs until they are granted a place.
 *
 * What a worker is on a runtime (a process, a thread, or nothing but a function call) is the host's business.
 */
import pLimit from "p-limit";
import { byteCount, joinPieces } from "../bytes.ts";
import { InternalError, JobError } from "../errors.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import { createFrameDecoder, type Frame, MAX_BODY_BYTES } from "../protocol/frames.ts";
import type {
  FromWorker,
  Grant,
  Request,
  RunningRecord,
  Starts,
  ToWorker,
  WorkerSettings,
} from "../protocol/messages.ts";
import type { Script, ScriptSource } from "../script/types.ts";
import type { Answer } from "./answer.ts";
import type { TellSign } from "./aside.ts";
import { PiecePool } from "./emitters/print.ts";
import { brokenBy, failedBy, strayBy } from "./failure-messages.ts";
import { KeptOutputs } from "./kept-outputs.ts";
import { Outbox } from "./outbox.ts";
import { Profiler } from "./profile/profiler.ts";
import type { BatchTools, RecordWatch } from "./records/batch-options.ts";
import { StartTurns } from "./records/start-turns.ts";
import { createRequestRunner, type RequestRunner } from "./requests.ts";
import { answering } from "./script/answering.ts";
import { compileScript } from "./script/load-script.ts";
import { RecordContext, type WorkerFacts } from "./script/record-context.ts";
import { scriptFacts } from "./script/script-exports.ts";

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
  let profiler: Profiler | undefined;
  const outbox = new Outbox(host.text, (frames) => host.port.send(frames));
  const bornMs = host.now();
  const pieces = new PiecePool();
  const kept = new KeptOutputs();
  const lifeCounters = new Map<string, number>();
  /** Loading, starting and stopping are asynchronous; what comes after them waits. */
  let before: Promise<void> | undefined;

  /** How long the last request has taken: the next one may take as long. */
  let busyMs = 0;

  const turns = new StartTurns((starts, ended) => outbox.send({ type: "asks", starts, ended }));
  const arrived: Frame[] = [];
  const decode = createFrameDecoder(host.text, (frame) => {
    const message = frame.head as ToWorker;
    // At once, whatever came before it: others wait for the output, and its bytes take up room.
    if (message.type === "grant") write(message);
    else if (message.type === "starts") turns.allow(message.count);
    else arrived.push(frame);
  });
  host.port.receive(
    (bytes) => {
      decode(bytes);
      for (const frame of arrived.splice(0)) receive(frame.head as Exclude<ToWorker, Grant | Starts>, frame);
      outbox.release();
    },
    () => host.exit(),
  );

  host.listenForStrays?.((what, error) => outbox.send(strayBy(host, what, error)));

  function receive(message: Exclude<ToWorker, Grant | Starts>, frame: Frame): void {
    if (message.type === "load") outbox.open(message.seal);
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
      outbox.send({ type: "loaded", facts: scriptFacts(script) });
    } catch (error) {
      state = { phase: "broken" };
      outbox.send(brokenBy(host, error, "load", source));
    }
  }

  async function start(settings: WorkerSettings): Promise<void> {
    // It was sent before the coordinator knew.
    if (state.phase === "broken") return;
    if (state.phase !== "loaded") throw new InternalError("start came before load");
    const script = settings.answersEach ? answering(state.script) : state.script;
    try {
      const { concurrency, seed, worker, args, startLimits } = settings;
      const facts: WorkerFacts = { worker, seed, args, signal: host.signal };
      const tools: BatchTools = {
        script,
        facts,
        limiter: pLimit(concurrency),
        // What has to wait for its turn is as good as a promise.
        observed: { asynchronous: startLimits !== undefined },
        turns: startLimits && turns,
        isOwnFrame: host.isOwnFrame,
        after: host.after,
      };
      const runner = createRequestRunner(settings, script, tools, host, { pieces, sample: () => profiler?.sample() });
      // Before any of the script's code: a script that closes descriptors must not make this file descriptor 1.
      const { outputPath } = settings;
      if (outputPath !== undefined) kept.open(outputPath, (path) => host.openOutput(path));
      await script.setup?.(lifeContext(facts));
      state = { phase: "started", script, settings, facts, runner };
      if (settings.measures !== undefined) profiler = new Profiler(host.now, settings.measures, bornMs);
      outbox.send({ type: "started" });
    } catch (error) {
      state = { phase: "broken" };
      outbox.send(brokenBy(host, error, "setup"));
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
        outbox.send(brokenBy(host, error, "teardown"));
      }
    }
    // What has been rejected is told at the end of a turn of the event loop.
    if (host.listenForStrays !== undefined) await new Promise<void>((resolve) => void host.after(0, resolve));
    outbox.send({ type: "stopped", counters: [...lifeCounters], stats: profiler?.stats(), cpuMs: host.cpuMs?.() });
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
      outbox.send({ type: "heartbeat", id });
      cancel = host.after(timeoutMs / 4, beat);
    };
    let cancel = host.after(timeoutMs / 4, beat);
    return () => cancel();
  }

  function tellFor(id: number): TellSign {
    return (sign: "heartbeat" | "untimed" | "running", at?: RunningRecord) =>
      outbox.send({ ...at, type: sign, id } as FromWorker);
  }

  function watchFor(id: number): RecordWatch {
    return {
      started: (source, offset, line) => outbox.send({ type: "recordStarted", id, source, offset, line }),
      waits: (source, offset, line) => outbox.send({ type: "recordStarted", id, source, offset, line, waits: true }),
      ended: (source, offset) => outbox.send({ type: "recordEnded", id, source, offset }),
    };
  }

  function reply(request: Request, answer: Answer, startMs: number): void {
    profiler?.end(request, answer);
    if (!("output" in answer)) {
      outbox.send(answer.head);
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
    if (keep) kept.keep(answer.head.id, answer.output);
    busyMs = host.now() - startMs;
    const head = { ...answer.head, bytes, kept: keep, busyMs, stats: profiler?.stats() };
    during("send", () => outbox.send(head, keep ? answer.values : [...answer.output, ...answer.values]));
    if (!keep && host.port.sendsAtOnce) pieces.give(answer.output);
  }

  function during(stage: "send" | "write", action: () => void): void {
    if (profiler === undefined) action();
    else profiler.during(stage, action);
  }

  function refuse(request: Request, thrown: unknown): void {
    profiler?.end(request);
    outbox.send(failedBy(host, request.id, thrown));
  }

  function write(grant: Grant): void {
    during("write", () => writeKept(grant));
  }

  function writeKept(grant: Grant): void {
    const { id } = grant;
    try {
      pieces.give(kept.write(grant));
      outbox.hold({ type: "written", id });
      if (busyMs > SLOW_MS) outbox.release();
    } catch (error) {
      outbox.send({ type: "unwritten", id, message: (error as Error).message });
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
