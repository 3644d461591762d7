/** The life of the script in a worker: loaded, set up, asked for batches, torn down. A phase that fails is told, and is the last. */
import pLimit from "p-limit";
import { InternalError } from "../errors.ts";
import type { OutputCodec } from "../formats/codec.ts";
import { outputCodec } from "../formats/codecs.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { Frame } from "../protocol/frames.ts";
import type { Grant, Request, Stopped, Stray } from "../protocol/messages.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import type { Script, ScriptSource } from "../script/types.ts";
import { RequestAnswering } from "./answering-requests.ts";
import { PiecePool } from "./emitters/print.ts";
import { brokenBy, failedBy } from "./failure-messages.ts";
import { KeptOutputs } from "./kept-outputs.ts";
import type { Outbox } from "./outbox.ts";
import type { FilesHost } from "./own-files.ts";
import { Measuring } from "./profile/measuring.ts";
import type { BatchTools } from "./records/batch-options.ts";
import { Places } from "./records/places.ts";
import type { StartTurns } from "./records/start-turns.ts";
import { createRequestRunner } from "./requests.ts";
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
      readonly facts: WorkerFacts;
      readonly answering: RequestAnswering;
    }
  | { readonly phase: "broken" };

export interface ScriptLifeOptions {
  readonly host: FilesHost;
  readonly outbox: Outbox;
  /** Turns to start records, where all workers together have a limit. */
  readonly turns: StartTurns;
  /** Has a task run behind those before it; requests that come meanwhile wait for it. */
  readonly inTurn: (task: () => Promise<void>) => void;
}

export class ScriptLife {
  readonly #options: ScriptLifeOptions;
  readonly #measuring: Measuring;
  readonly #kept = new KeptOutputs();
  /** What setup and teardown count. */
  readonly #counters = new Map<string, number>();
  #halted = false;
  #state: State = { phase: "new" };
  /** What the script is asked for: settings may be sent before the script is loaded. */
  #phase: Stray["phase"] = "load";

  constructor(options: ScriptLifeOptions) {
    this.#options = options;
    this.#measuring = new Measuring(options);
  }

  get phase(): Stray["phase"] {
    return this.#phase;
  }

  async load(source: ScriptSource): Promise<void> {
    const { host, outbox } = this.#options;
    try {
      const script = await compileScript(source, host);
      this.#state = { phase: "loaded", script };
      outbox.send({ type: "loaded", facts: scriptFacts(script) });
    } catch (error) {
      this.#state = { phase: "broken" };
      outbox.send(brokenBy(host, error, "load", source));
    }
  }

  async start(settings: WorkerSettings): Promise<void> {
    const { host, outbox } = this.#options;
    // It was sent before the coordinator knew.
    if (this.#state.phase === "broken") return;
    if (this.#state.phase !== "loaded") throw new InternalError("start came before load");
    const script = settings.answersEach ? answering(this.#state.script) : this.#state.script;
    try {
      const { seed, worker, args, outputPath, measures } = settings;
      const facts: WorkerFacts = { worker, seed, args, signal: host.signal };
      const output = outputCodec(settings.to);
      const answerer = this.#answering(script, facts, settings, (await output.load?.()) ?? output);
      // Before any of the script's code: a script that closes descriptors must not make this file descriptor 1.
      if (outputPath !== undefined) this.#kept.open(outputPath, (path) => host.openOutput(path));
      if (settings.profiles !== undefined) await this.#measuring.profile(settings.profiles);
      this.#phase = "setup";
      await script.setup?.(this.#context(facts));
      this.#phase = "records";
      this.#state = { phase: "started", script, facts, answering: answerer };
      if (this.#halted) answerer.halt();
      if (measures !== undefined) this.#measuring.begin(measures, script);
      outbox.send({ type: "started" });
    } catch (error) {
      this.#state = { phase: "broken" };
      // The coordinator kills a worker that says so: a thread has no other moment for it.
      host.closeFiles();
      outbox.send(brokenBy(host, error, "setup"));
    }
  }

  answer(request: Request, frame: Frame): void {
    const { host, outbox } = this.#options;
    if (this.#state.phase === "started") this.#state.answering.answer(request, frame);
    // A request to a script that is broken was sent before the coordinator knew.
    else if (this.#state.phase !== "broken") {
      outbox.send(failedBy(host, request.id, new InternalError(`${request.type} came before start`)));
    }
  }

  write(grant: Grant): void {
    if (this.#state.phase === "started") this.#state.answering.write(grant);
    else this.#options.outbox.send({ type: "unwritten", id: grant.id, message: "a grant came before start" });
  }

  /** Batches end in front of the first record that waits to be started. */
  halt(): void {
    this.#halted = true;
    if (this.#state.phase === "started") this.#state.answering.halt();
    this.#options.turns.withdraw();
  }

  /** Ends the worker. */
  async stop(): Promise<void> {
    const { host, outbox } = this.#options;
    // A script may have replaced what pmap itself calls: whatever throws, the worker says so and ends.
    try {
      const measured = await this.#end();
      host.closeFiles();
      outbox.send({ type: "stopped", counters: [...this.#counters], ...measured });
    } finally {
      host.exit();
    }
  }

  async #end(): Promise<Omit<Stopped, "type" | "counters">> {
    const { host, outbox } = this.#options;
    try {
      await this.#tearDown();
      await this.#measuring.endProfile();
      await hearStrays(host);
      return await this.#measuring.measured();
    } catch (error) {
      outbox.send(brokenBy(host, error, "teardown"));
      return {};
    }
  }

  async #tearDown(): Promise<void> {
    if (this.#state.phase !== "started") return;
    const { host, outbox } = this.#options;
    const { script, facts } = this.#state;
    if (script.teardown === undefined) return;
    // Those of records are told as such.
    await hearStrays(host);
    this.#phase = "teardown";
    try {
      await script.teardown(this.#context(facts));
    } catch (error) {
      outbox.send(brokenBy(host, error, "teardown"));
    }
  }

  #answering(script: Script, facts: WorkerFacts, settings: WorkerSettings, output: OutputCodec): RequestAnswering {
    const { host, outbox } = this.#options;
    const tools = batchTools(script, facts, settings, this.#options);
    const pieces = new PiecePool();
    const sample = () => this.#measuring.profiler?.sample();
    const runner = createRequestRunner(settings, script, tools, host, { pieces, sample, output });
    return new RequestAnswering({
      host,
      outbox,
      pieces,
      kept: this.#kept,
      runner,
      settings,
      profiler: () => this.#measuring.profiler,
      setupCounters: settings.tellsSetup === true ? this.#counters : undefined,
      onReplied: (id) => this.#measuring.tellProfile(id),
    });
  }

  #context(facts: WorkerFacts): RecordContext {
    const cursor = { offset: () => 0, line: () => 0 };
    const place = { cursor, source: "", sourceIndex: -1, linesBefore: 0, counters: this.#counters };
    return new RecordContext(facts, place);
  }
}

function batchTools(
  script: Script,
  facts: WorkerFacts,
  { concurrency, startLimits }: WorkerSettings,
  { host, turns }: ScriptLifeOptions,
): BatchTools {
  return {
    script,
    facts,
    places: new Places(pLimit(concurrency)),
    // What has to wait for its turn is as good as a promise.
    observed: { asynchronous: startLimits !== undefined },
    turns: startLimits && turns,
    isOwnFrame: host.isOwnFrame,
    after: host.after,
  };
}

/** What has been rejected is told at the end of a turn of the event loop. */
async function hearStrays(host: WorkerHost): Promise<void> {
  if (host.listenForStrays !== undefined) await new Promise<void>((resolve) => void host.after(0, resolve));
}
