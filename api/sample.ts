/**
 * The first records of an input, whatever its format: what `pmap peek` shows and `pmap init` makes a type of. Only the beginning
 * is read. Where it ends in the middle of a record, that record is left out; the others are read as a job reads them.
 */
import { asUtf8 } from "../adapters/system/decode-text.ts";
import { streamOf } from "../adapters/system/file-streams.ts";
import { resolveInputs } from "../adapters/system/open-inputs.ts";
import { joinPieces } from "../core/bytes.ts";
import type { Source, StreamSource } from "../core/coordinator/job/source.ts";
import { scannedBy } from "../core/coordinator/schedule/framing.ts";
import { UsageError } from "../core/errors.ts";
import { inputNamed } from "../core/formats/registry.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { headerReader } from "./headers.ts";
import { type FoundFormat, formatOfFiles } from "./input-format.ts";
import type { JobOptions } from "./options.ts";
import { resolveSettings, type ScriptSettings } from "./script-options.ts";

export interface Sample {
  /** How the input is called. */
  readonly name: string;
  /** How many inputs there are; the sample is of the first. */
  readonly inputs: number;
  readonly format: FoundFormat;
  readonly records: readonly unknown[];
  /** How many of the first records a job would refuse, and why it would the first. */
  readonly rejected: number;
  readonly firstReject: string | undefined;
  /** Whether the records are all that there are. */
  readonly isWhole: boolean;
}

export interface SampleOptions {
  readonly runtime: Runtime;
  readonly records: number;
  readonly onWarning: (message: string) => void;
}

/** As much of what is in an input is read, and more only until there is one whole record. */
const SAMPLE_BYTES = 1024 * 1024;
const MOST_BYTES = 16 * 1024 * 1024;
/** A producer that is slow is not waited for once there is something. */
const WAIT_MS = 1000;

interface Head {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

const NO_SCRIPT = { options: {}, keyed: false, reduces: false };

/** @throws {UsageError | JobError} as a job does, for what cannot be read */
export async function takeSample(plan: JobOptions, options: SampleOptions): Promise<Sample> {
  const { runtime } = options;
  const said = formatOfFiles(plan.given.get("from"));
  let sources = await resolveInputs(plan, runtime, { whole: said, stdin: "read here" });
  const { settings, format } = resolveSettings(plan, NO_SCRIPT, sources.slice(0, 1));
  const whole = formatOfFiles(settings.from);
  if (whole !== said) sources = await resolveInputs(plan, runtime, { whole, stdin: "read here" });
  const [first] = sources;
  if (first === undefined || format === undefined) throw new UsageError("Cannot look at the input: there is none");
  const about = { name: first.name, inputs: sources.length, format };
  const input = inputNamed(settings.from);
  if (input.cut === "units" && input.sourceIsRecord) return { ...about, ...filesOf(sources, options.records) };
  const head = whole === undefined ? await headOf(await openSource(first, settings), settings, options) : undefined;
  const found = head === undefined ? first.name : head.bytes;
  const { values, rejected, firstReject } = await recordsOf(found, settings, options);
  const isWhole = head?.isWhole !== false && values.length < options.records;
  return { ...about, records: values, rejected, firstReject, isWhole };
}

function filesOf(
  sources: readonly Source[],
  most: number,
): Pick<Sample, "records" | "rejected" | "firstReject" | "isWhole"> {
  const files = sources.slice(0, most).flatMap((source) => (source.kind === "file" ? [source] : []));
  const records = files.map(({ name, begin, end, identity }) => ({
    path: name,
    size: end - begin,
    mtime: new Date(identity?.mtimeMs ?? 0).toISOString(),
  }));
  return { records, rejected: 0, firstReject: undefined, isWhole: sources.length <= most };
}

/** The input as a stream of UTF-8, or of JSON lines. */
async function openSource(source: Source, { encoding, ofValues, recordsAt }: ScriptSettings): Promise<StreamSource> {
  const raw: StreamSource = source.kind === "stream" ? source : streamOf(source.path, { start: source.begin });
  const named: StreamSource = bounded({ ...raw, name: source.name });
  const [decoded = named] = encoding === undefined ? [named] : asUtf8([named], encoding);
  if (!ofValues) return decoded as StreamSource;
  const { asJsonLines } = await import("./json.ts");
  return asJsonLines([decoded], recordsAt)[0] as StreamSource;
}

/** A first record that does not end is not read for ever. */
function bounded(source: StreamSource): StreamSource {
  let bytes = 0;
  return {
    ...source,
    async read() {
      if (bytes > MOST_BYTES)
        throw new UsageError(
          `Cannot look at "${source.name}": its first record does not end within ${MOST_BYTES / 1024 ** 2} MiB\nIs it of another format? Say it with --from`,
          { about: "input" },
        );
      const piece = await source.read();
      bytes += piece?.length ?? 0;
      return piece;
    },
  };
}

/** The first bytes that are whole records. */
async function headOf(source: StreamSource, settings: ScriptSettings, options: SampleOptions): Promise<Head> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let end = 0;
  for (;;) {
    const piece = await (end > 0 ? inTime(source.read()) : source.read());
    const isWhole = piece === undefined;
    if (piece !== undefined && piece !== "late") {
      pieces.push(piece);
      length += piece.length;
    }
    const bytes = joinPieces(pieces);
    if (isWhole) return { bytes, isWhole };
    end = endOfRecords(bytes, source.name, settings, options);
    if (end > 0 && (piece === "late" || length >= SAMPLE_BYTES))
      return { bytes: bytes.subarray(0, end), isWhole: false };
  }
}

function inTime<T>(reading: Promise<T>): Promise<T | "late"> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("late"), WAIT_MS);
    reading.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Where the last record ends that is whole; 0 when there is none. */
function endOfRecords(
  bytes: Uint8Array,
  name: string,
  settings: ScriptSettings,
  { runtime, onWarning }: SampleOptions,
): number {
  const input = inputNamed(settings.from);
  if (input.cut !== "scan") return bytes.lastIndexOf(input.separator) + 1;
  const options = { ...settings.table, outputColumns: undefined, bigints: settings.bigints };
  const header = headerReader(input, options, { text: runtime.text, warn: onWarning })(name, bytes, false);
  if (header === undefined) return 0;
  const last = scannedBy(input.createScanner(header.dialect, runtime.text)).append(bytes.subarray(header.end), 0);
  return last === -1 ? 0 : header.end + last;
}

/** The records of these bytes, or of a file, as a map gets them. */
async function recordsOf(
  found: Uint8Array | string,
  { from, table, bigints, maxRecordBytes }: ScriptSettings,
  { records, onWarning }: SampleOptions,
): Promise<{ values: unknown[]; rejected: number; firstReject: string | undefined }> {
  const input = inputNamed(from);
  if (input.cut === "line" && input.chunkIsRecord === true)
    return { values: found.length === 0 ? [] : [found], rejected: 0, firstReject: undefined };
  const { pmap } = await import("./index.ts");
  const { header, quotes, ...rest } = table;
  const opened = typeof found === "string" ? { files: [found] } : new Blob([found as Uint8Array<ArrayBuffer>]).stream();
  const run = pmap({ code: { map: "_" } }, opened, {
    mode: "inline",
    from,
    bigints,
    maxRecord: maxRecordBytes,
    limit: records,
    onError: "skip",
    onWarning,
    ...(input.cut === "units" ? defined({ columns: table.columns }) : {}),
    ...(input.cut === "scan" ? { header, quote: quotes ? "double" : "none", ...defined(rest) } : {}),
  });
  let rejected = 0;
  let firstReject: string | undefined;
  const counting = (async () => {
    for await (const { line, message } of run.rejects) {
      rejected++;
      firstReject ??= `line ${line}: ${message}`;
    }
  })();
  const values = await run.toArray();
  await counting;
  return { values, rejected, firstReject };
}

function defined(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== false && value !== 0),
  );
}
