/** What a job is to do, before its script has been loaded. */
import type { StreamSource } from "../core/coordinator/job/source.ts";
import type { NumberRange } from "../core/formats/codec.ts";
import type { Mode, RuntimeName } from "../core/platform/runtime.ts";
import type { ScriptSource } from "../core/script/types.ts";

export type { Mode, RuntimeName } from "../core/platform/runtime.ts";
export type { ScriptSource } from "../core/script/types.ts";

/** Settings as text, by flag. */
export type Given = ReadonlyMap<string, string | true>;

/** The name of a file, a pattern of names or `-`; or the bytes themselves. */
export type JobInput = string | StreamSource;
export type Engine = "local" | "spark";
export type ProgressMode = "auto" | "bar" | "plain" | "json" | "off";

/** What is known before the script is loaded. */
export interface JobOptions {
  readonly script: ScriptSource;
  readonly inputs: readonly JobInput[];
  /** A file with the names of more inputs, `-` for stdin; and what files are taken of inputs that are folders. */
  readonly filesFrom?: string | undefined;
  readonly glob?: string | undefined;
  readonly range: NumberRange | undefined;
  readonly outputPath: string | undefined;
  readonly resume: boolean;
  /** Whether the output is in input order also where the script, or a file, says that it need not be. */
  readonly keepsOrder?: boolean;
  /** What an interrupted run has left is not wanted. */
  readonly restart: boolean;
  readonly errorsPath: string | undefined;
  readonly cores: number;
  /** What runs the job: workers on this machine for undefined. */
  readonly engine?: Engine;
  /** Where Spark runs it, as spark-submit takes it; undefined for Spark's own default. */
  readonly master?: string | undefined;
  /** Settings of Spark's, each as KEY=VALUE. */
  readonly conf?: readonly string[];
  /** Whether the runtime's program goes along to the machines of a cluster. */
  readonly shipsRuntime?: boolean;
  /** Files and folders beside the script that go along. */
  readonly ships?: readonly string[] | undefined;
  readonly runtime: RuntimeName;
  readonly mode: Mode;
  readonly maxMemoryBytes: number | undefined;
  readonly sandbox: boolean;
  readonly recycle: number | undefined;
  readonly minFreeBytes: number | undefined;
  readonly maxLoad: number | undefined;
  readonly nice?: number | undefined;
  readonly args: readonly string[];
  readonly summary: "never" | "when there is something to say" | "always";
  /** Whether each result of a grouped reduce comes with its key, also where the script has a `finish`. */
  readonly withKeys?: boolean;
  readonly progress: ProgressMode;
  /** Only to be timed and told about. */
  readonly explains: boolean;
  readonly coresSaid: boolean;
  /** Where the workers' time is told: on stderr, or in a file. */
  readonly stats: { readonly path: string | undefined } | undefined;
  /** Files that show what the job did: a page to look at, and events for a trace viewer. */
  readonly reportPath: string | undefined;
  readonly tracePath: string | undefined;
  /** Where it is told which lines of the script took the time; nowhere for undefined. */
  readonly profilePath?: string | undefined;
  /** Where each batch is told of; nowhere for undefined. */
  readonly joblogPath?: string | undefined;
  /** Flags that a script may set, as typed on the command line. */
  readonly given: Given;
  /** The same from a configuration file: a script's own options win over them. */
  readonly configured?: Given;
}
