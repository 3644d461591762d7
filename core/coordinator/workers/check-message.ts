/**
 * What a worker may say: answers to what it was asked, about what it was given.
 *
 * A script shares its worker's process, and can change what pmap prints there (`Object.prototype.toJSON` is enough). The
 * coordinator takes no position, path or number from a message that it has not given, or that does not fit.
 */
import { isCpuProfile } from "../../protocol/call-tree.ts";
import { FrameError } from "../../protocol/frames.ts";
import type { FromWorker, Request, Segment, Stray } from "../../protocol/messages.ts";
import { isTimeCounts } from "../../protocol/time-histogram.ts";
import type { WorkerSettings } from "../../protocol/worker-settings.ts";

/** A message that no worker of ours sends. */
export class MessageError extends FrameError {}

/** What the coordinator waits for from this worker. */
export interface Asked {
  loads(): boolean;
  starts(): boolean;
  stops(): boolean;
  /** The request that has not been answered. */
  request(id: unknown): Request | undefined;
  /** Whether output of this request was granted a place, and is not written yet. */
  writes(id: unknown): boolean;
  /** Whether it was told that the job is to end. */
  halted(): boolean;
  settings(): WorkerSettings | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (message: Fields, asked: Asked) => boolean;

const PHASES: readonly unknown[] = ["load", "setup", "records", "teardown"] satisfies Stray["phase"][];

const CHECKS: Readonly<Record<FromWorker["type"], Check>> = {
  loaded: ({ facts }, asked) => asked.loads() && isFacts(facts),
  started: (_, asked) => asked.starts(),
  broken: isBroken,
  done: isDone,
  failed: isFailed,
  written: ({ id }, asked) => asked.writes(id),
  unwritten: ({ id, message }, asked) => asked.writes(id) && isText(message),
  stray: ({ phase, message, stack }) => PHASES.includes(phase) && isText(message) && isText(stack),
  profiled: ({ profile }, asked) => asked.settings()?.profiles !== undefined && isCpuProfile(profile),
  recordStarted: (message, asked) =>
    isCount(message.line) && isRecord(message, asked) && (message.waits === undefined || message.waits === true),
  recordEnded: isRecord,
  cut: isEarlyCut,
  pausing: ({ id, pauses }, asked) => asked.request(id) !== undefined && typeof pauses === "boolean",
  running: isRunning,
  asks: isAsking,
  heartbeat: () => true,
  untimed: () => true,
  stopped: ({ counters, stats, cpuMs, fields }, asked) =>
    asked.stops() &&
    isCounters(counters) &&
    isStats(stats) &&
    (cpuMs === undefined || typeof cpuMs === "number") &&
    (fields === undefined || isArrayOf(fields, isText)),
};

/** @throws {MessageError} when this is nothing that the worker was asked for */
export function checkMessage(message: unknown, bodyBytes: number, asked: Asked): void {
  const type = isObject(message) ? message.type : undefined;
  if (!isObject(message) || !isText(type) || !Object.hasOwn(CHECKS, type))
    throw new MessageError("a message of no known type");
  if (!CHECKS[type as FromWorker["type"]](message, asked)) throw new MessageError(`"${type}" was not asked for`);
  if (bodyBytes !== bodyOf(message)) throw new MessageError(`"${type}" has a body of another length`);
}

/** Only an answer has a body: the output, unless the worker keeps it, and the values of the nodes. */
function bodyOf({ type, bytes, kept, nodes }: Fields): number {
  if (type === "failed") return (bytes as number | undefined) ?? 0;
  if (type !== "done") return 0;
  return (nodes as { bytes: number }[]).reduce((sum, node) => sum + node.bytes, kept === true ? 0 : (bytes as number));
}

function isDone(message: Fields, asked: Asked): boolean {
  const request = asked.request(message.id);
  const settings = asked.settings();
  if (request === undefined || settings === undefined) return false;
  const { counts, rejects, lines, counters, bytes, kept, nodes, runs, cut, columns, note, warning } = message;
  const { stats, slowest, asideMs } = message;
  const segments = segmentsOf(request);
  return (
    isCounts(counts) &&
    isArrayOf(rejects, (reject) => isFailure(reject, segments)) &&
    isArrayOf(lines, isCount) &&
    lines.length <= segments.length &&
    isCounters(counters) &&
    isCount(bytes) &&
    kept === bytes > settings.inlineBytes &&
    isArrayOf(nodes, isNode) &&
    isArrayOf(runs, (run) => isRun(run, settings.spillFolder)) &&
    (cut === undefined || isCut(cut, request, asked.halted())) &&
    (columns === undefined || isArrayOf(columns, isText)) &&
    (note === undefined || isText(note)) &&
    (warning === undefined || isText(warning)) &&
    (asideMs === undefined || typeof asideMs === "number") &&
    (slowest === undefined || isArrayOf(slowest, (record) => isSlow(record, segments))) &&
    (message.queuedMs === undefined || isTimes(message.queuedMs)) &&
    isStats(stats)
  );
}

function isFailed({ id, failure, bytes, message, stack, internal }: Fields, asked: Asked): boolean {
  const request = asked.request(id);
  if (request === undefined || !isText(message) || !isText(stack) || typeof internal !== "boolean") return false;
  if (bytes !== undefined && !isCount(bytes)) return false;
  return failure === undefined || isFailure(failure, segmentsOf(request));
}

/** As many records wait as a worker runs at once, and one of a batch that is run alone. */
function isAsking({ starts, ended, batch }: Fields, asked: Asked): boolean {
  const { startLimits, concurrency = 0 } = asked.settings() ?? {};
  if (batch !== undefined && !(isObject(batch) && isCount(batch.source) && isCount(batch.start))) return false;
  return startLimits !== undefined && isCount(starts) && isCount(ended) && starts <= concurrency + 1;
}

function isBroken({ phase, message, stack }: Fields, asked: Asked): boolean {
  const isAsked =
    phase === "load" ? asked.loads() : phase === "setup" ? asked.starts() : phase === "teardown" && asked.stops();
  return isAsked && isText(message) && isText(stack);
}

function isRecord({ id, source, offset }: Fields, asked: Asked): boolean {
  const request = asked.request(id);
  return request?.type === "map" && request.isolated && isCount(offset) && isSourceOf(source, request.segments);
}

/** Once: what comes behind it has been given to others. */
function isEarlyCut({ id, cut, records }: Fields, asked: Asked): boolean {
  const request = asked.request(id);
  const isLong = request?.type === "map" && request.budgetMs !== undefined;
  return isLong && isCut(cut, request, false) && isCount(records) && records !== 0;
}

function isRunning({ id, source, offset, line, within, isNext }: Fields, asked: Asked): boolean {
  const request = asked.request(id);
  const isPlace = [offset, line, within].every(isCount) && typeof isNext === "boolean";
  return request?.type === "map" && isPlace && isSourceOf(source, request.segments);
}

function isFailure(value: unknown, segments: readonly Segment[]): boolean {
  if (!isObject(value)) return false;
  const { kind, message, stack, source, offset, line, raw, attempts, origin } = value;
  return (
    [kind, message, stack, raw].every(isText) &&
    [offset, line, attempts].every(isCount) &&
    isSourceOf(source, segments) &&
    (origin === undefined || (isObject(origin) && isText(origin.source) && isCount(origin.line)))
  );
}

function isSlow(value: unknown, segments: readonly Segment[]): boolean {
  if (!isObject(value)) return false;
  return (
    [value.offset, value.line].every(isCount) && typeof value.ms === "number" && isSourceOf(value.source, segments)
  );
}

/** A run is a file that this worker, or one of its kind, has made in the folder that it was given. */
function isRun(value: unknown, folder: string | undefined): boolean {
  if (!isObject(value) || folder === undefined) return false;
  const { path, start, end, index } = value;
  if (!isText(path) || !isCount(start) || !isCount(end) || start > end) return false;
  if (!path.startsWith(`${folder}/run-`) || !/^[\w-]+$/.test(path.slice(folder.length + 1))) return false;
  return isArrayOf(index, (entry) => Array.isArray(entry) && isCount(entry[1]) && entry[1] >= start && entry[1] <= end);
}

/** Behind the first record of the request: what is handed on gets shorter every time, unless nothing more is given out. */
function isCut(value: unknown, request: Request, halted: boolean): boolean {
  if (!isObject(value) || request.type !== "map" || !isCount(value.segment) || !isCount(value.at)) return false;
  const { segment, at, first } = value;
  const part = request.segments[segment];
  if (part === undefined || at < part.start || at > part.end) return false;
  return (segment > 0 || at > part.start || halted) && (first === undefined || isCount(first));
}

function isNode(value: unknown): boolean {
  return isObject(value) && [value.level, value.index, value.bytes].every(isCount);
}

function isCounts(value: unknown): boolean {
  return isObject(value) && [value.records, value.emittedFrom, value.filtered, value.rejected].every(isCount);
}

function isCounters(value: unknown): boolean {
  return isArrayOf(value, (entry) => Array.isArray(entry) && isText(entry[0]));
}

function isFacts(value: unknown): boolean {
  return isObject(value) && isObject(value.options) && isArrayOf(value.exports, isText);
}

function isStats(value: unknown): boolean {
  return (
    value === undefined ||
    (isObject(value) && isTimes(value.ms) && isTimes(value.sampled) && isTimeCounts(value.recordTimes))
  );
}

function isTimes(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((ms) => typeof ms === "number");
}

function isSourceOf(value: unknown, segments: readonly Segment[]): boolean {
  return segments.some(({ source }) => source === value);
}

function segmentsOf(request: Request): readonly Segment[] {
  return request.type === "map" ? request.segments : [];
}

function isArrayOf(value: unknown, is: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(is);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
