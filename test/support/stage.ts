/** A stage as an executor has it: the built file as a process, and frames on its pipes. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bufferText as text } from "../../adapters/shared/buffer-codec.ts";
import { joinPieces, slicePieces } from "../../core/bytes.ts";
import type {
  FromStage,
  PlacedRange,
  StageDone,
  StageFailed,
  StageJob,
  StageLook,
  StageTask,
  ToStage,
} from "../../core/coordinator/stage/messages.ts";
import { inputNamed } from "../../core/formats/registry.ts";
import { evenGrid } from "../../core/protocol/chunk-grid.ts";
import { createFrameDecoder, encodeFrame, type Frame } from "../../core/protocol/frames.ts";
import type { SortedRun } from "../../core/protocol/messages.ts";
import type { Key } from "../../core/script/types.ts";
import { ownRuntime } from "./run-pmap.ts";
import { workerSettings } from "./worker-settings.ts";

const entry = fileURLToPath(new URL("../../dist/adapters/spark/stage.js", import.meta.url));
const flags = ownRuntime === "deno" ? ["run", "-A"] : [];

export interface StageAnswer {
  readonly head: StageDone | StageFailed;
  /** All outputs, as text. */
  readonly output: string;
  readonly body: Uint8Array;
  readonly runs: readonly SortedRun[];
}

export interface TestStage {
  readonly process: ChildProcess;
  readonly folder: string;
  open(job: StageJob): Promise<FromStage>;
  run(task: Omit<StageTask, "type">): Promise<StageAnswer>;
  merge(range: Omit<PlacedRange, "type">): Promise<StageAnswer>;
  look(look: Omit<StageLook, "type">): Promise<StageAnswer>;
  /** The slices of runs. */
  cut(runs: readonly SortedRun[], cuts: readonly Key[]): Promise<readonly (readonly number[])[]>;
  /** Ends its stdin, and waits until it has gone: the exit code. */
  end(): Promise<number | null>;
}

/** @param parent where its folder is made */
export function startStage(parent: string, script?: string, env: Record<string, string> = {}): TestStage {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "stage-"));
  const file = join(folder, "script.mjs");
  if (script !== undefined) writeFileSync(file, script);
  const args = [...flags, entry, folder, "7000", ...(script === undefined ? [] : [file])];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  const frames: Frame[] = [];
  let wake = () => {};
  let gone = false;
  const decode = createFrameDecoder(text, (frame) => {
    frames.push(frame);
    wake();
  });
  child.stdout.on("data", decode);
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  void exited.then(() => {
    gone = true;
    wake();
  });
  child.stdin.on("error", () => {});

  return {
    process: child,
    folder,
    async open(job) {
      send({ type: "open", job });
      return (await next()).head as FromStage;
    },
    run(task) {
      send({ type: "task", ...task });
      return answer();
    },
    merge(range) {
      send({ type: "range", ...range });
      return answer();
    },
    look(look) {
      send({ type: "look", ...look });
      return answer();
    },
    async cut(runs, cuts) {
      send({ type: "cut", runs, cuts });
      const { head } = await next();
      return (head as FromStage & { type: "slices" }).slices;
    },
    end() {
      child.stdin.end();
      return exited;
    },
  };

  function send(message: ToStage): void {
    for (const piece of encodeFrame(text, message)) child.stdin.write(piece);
  }

  async function answer(): Promise<StageAnswer> {
    const pieces: Uint8Array[] = [];
    let runs: readonly SortedRun[] = [];
    for (;;) {
      const { head, body } = await next();
      const said = head as FromStage;
      if (said.type === "output") pieces.push(...body);
      else if (said.type === "runs") runs = said.runs;
      else {
        const output = joinPieces(pieces);
        return {
          head: head as StageDone | StageFailed,
          output: text.decode(output, 0, output.length),
          body: joinPieces(slicePieces(body, 0)),
          runs,
        };
      }
    }
  }

  async function next(): Promise<Frame> {
    while (frames.length === 0) {
      if (gone) throw new Error("the stage has gone without an answer");
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return frames.shift() as Frame;
  }
}

interface GivenJob {
  readonly terms?: Partial<StageJob["terms"]>;
  readonly settings?: Partial<StageJob["settings"]>;
  readonly script?: Partial<StageJob["script"]>;
  readonly streams?: StageJob["streams"];
  readonly tearsDown?: boolean;
}

/** A job over one file of JSON lines; what a test is about is given. */
export function stageJob(file: { readonly path: string; readonly bytes: number }, given: GivenJob): StageJob {
  const { worker: _, outputPath: __, inlineBytes: ___, spillFolder: ____, ...settings } = workerSettings({});
  const grid = evenGrid(1000);
  const onError = given.terms?.onError ?? "fail";
  return {
    terms: {
      from: "jsonl",
      input: inputNamed("jsonl"),
      to: "jsonl",
      units: undefined,
      grid,
      maxBatchBytes: 100_000,
      handOnMs: 100,
      maxRecordBytes: 1000,
      ordered: true,
      cores: 1,
      concurrency: 1,
      onError,
      maxErrors: undefined,
      retries: 2,
      exitCall: "process.exit",
      timeoutMs: undefined,
      maxMemoryBytes: undefined,
      recycle: undefined,
      reduces: false,
      keyed: false,
      ...given.terms,
    },
    script: { name: "-e", url: undefined, code: {}, modules: [], loader: "native", folder: "/", ...given.script },
    settings: {
      ...settings,
      grid,
      onError,
      sources: [{ name: "in.jsonl", path: file.path, begin: 0, end: file.bytes }],
      ...given.settings,
    },
    streams: given.streams ?? [],
    tearsDown: given.tearsDown ?? false,
    sandboxed: false,
  };
}
