/**
 * The worker: loads the script, answers requests, and keeps outputs until they are granted a place.
 *
 * What a worker is on a runtime (a process, a thread, or nothing but a function call) is the host's business.
 */
import pLimit from "p-limit";
import { InternalError } from "../errors.ts";
import type { OutputCodec } from "../formats/codec.ts";
import { outputCodec } from "../formats/codecs.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import { createFrameDecoder, type Frame } from "../protocol/frames.ts";
import type { Grant, Request, Starts, ToWorker } from "../protocol/messages.ts";
import type { ProfileSettings, WorkerSettings } from "../protocol/worker-settings.ts";
import type { Script, ScriptSource } from "../script/types.ts";
import { RequestAnswering } from "./answering-requests.ts";
import { PiecePool } from "./emitters/print.ts";
import { brokenBy, failedBy, strayBy } from "./failure-messages.ts";
import { KeptOutputs } from "./kept-outputs.ts";
import { Outbox } from "./outbox.ts";
import type { CpuProfiling } from "./profile/cpu-profiling.ts";
import { Profiler } from "./profile/profiler.ts";
import type { BatchTools } from "./records/batch-options.ts";
import { StartTurns } from "./records/start-turns.ts";
import { createRequestRunner } from "./requests.ts";
import { answering } from "./script/answering.ts";
import { compileScript } from "./script/load-script.ts";
import { RecordContext, type WorkerFacts } from "./script/record-context.ts";
import { fieldsSeen } from "./script/record-fields.ts";
import { scriptFacts } from "./script/script-exports.ts";

type State =
  | { readonly phase: "new" }
  | { readonly phase: "loaded"; readonly script: Script }
  | {
      readonly phase: "started";
      readonly script: Script;
      readonly facts: WorkerFacts;
      readonly answering: RequestAnswering;
    }
  | { readonly phase: "broken" };

const REQUESTS: readonly string[] = ["map", "merge", "group", "compress", "rows"] satisfies Request["type"][];

/** What comes in its turn; the others are heard at once. */
type Queued = Exclude<ToWorker, Grant | Starts>;

/** Serves one job on the host's port, and ends with it. */
export function serveWorker(host: WorkerHost): void {
  let state: State = { phase: "new" };
  let profiler: Profiler | undefined;
  let cpu: CpuProfiling | undefined;
  /** For --explain: the fields of a record that the script sees. */
  let seen: (() => Promise<string[] | undefined>) | undefined;
  const outbox = new Outbox(host.text, (frames) => host.port.send(frames));
  const bornMs = host.now();
  const kept = new KeptOutputs();
  const lifeCounters = new Map<string, number>();
  /** Loading, starting and stopping are asynchronous; what comes after them waits. */
  let before: Promise<void> | undefined;

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
      for (const frame of arrived.splice(0)) receive(frame.head as Queued, frame);
      outbox.release();
    },
    () => host.exit(),
  );

  host.listenForStrays?.((what, error) => outbox.send(strayBy(host, what, error)));

  function receive(message: Queued, frame: Frame): void {
    if (message.type === "load") outbox.open(message.seal);
    // Before what it waits for: records in flight may listen to the signal.
    if (message.type === "stop" && message.how === "in a hurry") host.abort();
    if (before === undefined && isRequest(message)) {
      answer(message, frame);
      return;
    }
    inTurn(() => step(message, frame));
  }

  /** Behind what has to come before it; what comes next waits for it. */
  function inTurn(task: () => Promise<void>): void {
    const mine = (before ?? Promise.resolve()).then(task);
    before = mine;
    void mine.then(() => {
      if (before === mine) before = undefined;
    });
  }

  async function step(message: Queued, frame: Frame): Promise<void> {
    if (message.type === "load") await load(message.script);
    else if (message.type === "start") await start(message.settings);
    else if (message.type === "stop") await stop();
    else answer(message, frame);
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
      const { seed, worker, args, outputPath, measures } = settings;
      const facts: WorkerFacts = { worker, seed, args, signal: host.signal };
      const output = outputCodec(settings.to);
      const answerer = createAnswering(script, facts, settings, (await output.load?.()) ?? output);
      // Before any of the script's code: a script that closes descriptors must not make this file descriptor 1.
      if (outputPath !== undefined) kept.open(outputPath, (path) => host.openOutput(path));
      if (settings.profiles !== undefined) cpu = await profiling(settings.profiles);
      await script.setup?.(lifeContext(facts));
      state = { phase: "started", script, facts, answering: answerer };
      if (measures?.explains === true) seen = () => fieldsSeen(script);
      if (measures !== undefined) profiler = new Profiler(host.now, measures, bornMs);
      outbox.send({ type: "started" });
    } catch (error) {
      state = { phase: "broken" };
      outbox.send(brokenBy(host, error, "setup"));
    }
  }

  async function profiling(how: ProfileSettings): Promise<CpuProfiling> {
    const { startProfiling } = await import("./profile/cpu-profiling.ts");
    return startProfiling(host, how, (profile) => outbox.send({ type: "profiled", profile }));
  }

  /** The coordinator's clock for records stands still until it has been told. */
  function tellProfile(id: number): void {
    if (cpu?.isDue !== true) return;
    outbox.send({ type: "untimed", id });
    inTurn(async () => cpu?.tell("go on"));
  }

  function createAnswering(
    script: Script,
    facts: WorkerFacts,
    settings: WorkerSettings,
    output: OutputCodec,
  ): RequestAnswering {
    const { concurrency, startLimits } = settings;
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
    const pieces = new PiecePool();
    const sample = () => profiler?.sample();
    const runner = createRequestRunner(settings, script, tools, host, { pieces, sample, output });
    return new RequestAnswering({
      host,
      outbox,
      pieces,
      kept,
      runner,
      settings,
      profiler: () => profiler,
      setupCounters: settings.tellsSetup === true ? lifeCounters : undefined,
      onReplied: tellProfile,
    });
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
    await cpu?.tell("end");
    // What has been rejected is told at the end of a turn of the event loop.
    if (host.listenForStrays !== undefined) await new Promise<void>((resolve) => void host.after(0, resolve));
    const stats = profiler?.stats();
    outbox.send({ type: "stopped", counters: [...lifeCounters], stats, cpuMs: host.cpuMs?.(), fields: await seen?.() });
    host.exit();
  }

  function answer(request: Request, frame: Frame): void {
    if (state.phase === "started") state.answering.answer(request, frame);
    // A request to a script that is broken was sent before the coordinator knew.
    else if (state.phase !== "broken") {
      outbox.send(failedBy(host, request.id, new InternalError(`${request.type} came before start`)));
    }
  }

  function write(grant: Grant): void {
    if (state.phase === "started") state.answering.write(grant);
    else outbox.send({ type: "unwritten", id: grant.id, message: "a grant came before start" });
  }
}

function isRequest(message: ToWorker): message is Request {
  return REQUESTS.includes(message.type);
}
