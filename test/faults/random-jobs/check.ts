/** Compares what came out of a job with what should have. Each trouble is one line. */
import { fileRows, recordsFrom } from "../../support/parquet.ts";
import type { Job } from "./job.ts";
import { type Expected, isReject, joined, type Reject } from "./oracle.ts";
import type { Outcome } from "./run.ts";

/** How a job must end when nothing from outside disturbs it. */
type End =
  | { readonly tag: "done" }
  /** By a record, its place in the list. */
  | { readonly tag: "record"; readonly index: number }
  | { readonly tag: "max-errors" | "setup" | "teardown" | "no columns" };

export function troublesOf(job: Job, expected: Expected, outcomes: readonly Outcome[]): string[] {
  const troubles: string[] = [];
  for (const { stderr, hung } of outcomes) {
    if (hung !== undefined) troubles.push(`it hung:\n${hung}`);
    const frame = OWN_FRAME.exec(stderr);
    if (frame !== null) troubles.push(`stderr shows pmap's own stack: ${frame[0]}`);
  }
  if (troubles.length > 0) return troubles;
  for (const [i, outcome] of outcomes.entries()) {
    const wasLetBe = i === outcomes.length - 1 && outcome.signal === null && (outcome.code ?? 0) < 128;
    const found = wasLetBe ? endTroubles(job, expected, outcome) : interruptedTroubles(job, expected, outcome);
    troubles.push(...found.map((text) => (outcomes.length > 1 ? `run ${i + 1}: ${text}` : text)));
  }
  return troubles;
}

const OWN_FRAME =
  /.*(\/dist\/(cli|core|api|adapters)\/|node:internal|internal error|panicked at|ext:deno|unhandled).*/i;

function endOf({ flags, script, to, columns }: Job, { records }: Expected): End {
  if (script.setup === "throws") return { tag: "setup" };
  const rejects = records.filter(isReject).length;
  if (flags.onError === "fail" && rejects > 0) return { tag: "record", index: records.findIndex(isReject) };
  if (flags.maxErrors !== undefined && rejects > flags.maxErrors) return { tag: "max-errors" };
  const hasRows = records.some((record) => !isReject(record) && record.length > 0);
  if (to === "parquet" && columns.length === 0 && !hasRows) return { tag: "no columns" };
  return script.teardown === "throws" || script.teardown === "exits" ? { tag: "teardown" } : { tag: "done" };
}

/** Of a run that was not interrupted, or was so too late. */
function endTroubles(job: Job, expected: Expected, outcome: Outcome): string[] {
  const end = endOf(job, expected);
  const { code, stderr } = outcome;
  const { fault, script } = job;
  // Where nothing was mapped, no worker may have had to start; one that is killed cannot finish its teardown.
  const neverMayFail = expected.records.length === 0 && (end.tag === "setup" || end.tag === "teardown");
  const isTeardownKilled = code === 1 && script.teardown !== "none" && /teardown's worker/.test(stderr);
  const killed = fault.tag === "workers" || fault.tag === "coordinator";
  if (fault.tag === "reader goes" && code === 0) return prefixTroubles(job, expected, outcome);
  if (end.tag === "done" && killed && isTeardownKilled) return prefixTroubles(job, expected, outcome);
  const wanted = end.tag === "done" ? 0 : 1;
  if (code !== wanted && !(neverMayFail && code === 0)) {
    return [`it ended with ${code}, not ${wanted}${wanted === 1 ? ` (${end.tag})` : ""}`];
  }
  if (end.tag !== "done" && code === 1) return failedTroubles(job, expected, { end, outcome });
  return [...outputTroubles(job, expected, outcome), ...rejectTroubles(job, expected, outcome)];
}

function outputOf(job: Job, { stdout, file }: Outcome): Buffer {
  if (job.to === "parquet" && file !== undefined) return linesOfRows(file);
  return job.sink === "pipe" ? stdout : (file ?? Buffer.alloc(0));
}

/** The rows as JSON lines; or what is wrong with the file. */
function linesOfRows(file: Buffer): Buffer {
  try {
    const records = recordsFrom(fileRows(new Uint8Array(file)), 0) as { readonly n: unknown; readonly s: unknown }[];
    const lines = records.map(({ n, s }) => `${JSON.stringify({ n: typeof n === "bigint" ? Number(n) : n, s })}\n`);
    return Buffer.from(lines.join(""));
  } catch (error) {
    return Buffer.from(`no Parquet: ${error}`);
  }
}

function textsOf({ records, reduced }: Expected, end = records.length): string[] {
  if (reduced !== undefined) return [...reduced];
  return records.slice(0, end).flatMap((record) => (isReject(record) ? [] : record));
}

function outputTroubles(job: Job, expected: Expected, outcome: Outcome): string[] {
  if (job.sink !== "pipe" && outcome.file === undefined) return ["there is no output"];
  const [is, should] = [outputOf(job, outcome), joined(textsOf(expected), job.to)];
  if (is.equals(should)) return [];
  if (job.flags.unordered && sorted(is, job.to) === sorted(should, job.to)) return [];
  return [`other bytes: ${difference(is, should)}`];
}

/** The lines without their order. */
function sorted(bytes: Buffer, to: Job["to"]): string {
  const texts = bytes.toString().split(to === "nul" ? "\0" : "\n");
  return texts
    .map((text) => (to === "json" ? text.replace(/,$/, "") : text))
    .sort()
    .join("\n");
}

function difference(is: Buffer, should: Buffer): string {
  let at = 0;
  while (at < is.length && is[at] === should[at]) at++;
  const around = (bytes: Buffer) => JSON.stringify(bytes.subarray(Math.max(0, at - 20), at + 60).toString());
  return `${is.length} for ${should.length}, from byte ${at} on ${around(is)} for ${around(should)}`;
}

/** What stands of a job that was cut off is what an undisturbed one begins with. */
function prefixTroubles(job: Job, expected: Expected, outcome: Outcome, end?: number): string[] {
  const is = outputOf(job, outcome);
  if (is.length === 0) return [];
  const isCutOff = job.fault.tag === "reader goes" || (job.fault.tag === "signal" && job.fault.againMs !== undefined);
  if (!isCutOff && job.to !== "json" && outcome.signal === null && is.at(-1) !== 0x0a && is.at(-1) !== 0) {
    return [`it ends in the middle of a record: ${JSON.stringify(is.subarray(-60).toString())}`];
  }
  const texts = textsOf(expected, end);
  const should = joined(texts, job.to);
  if (job.flags.unordered && expected.reduced === undefined) {
    const lines = new Set(
      should
        .toString()
        .split(/[\n\0]/)
        .map((line) => line.replace(/,$/, "")),
    );
    const parts = is
      .toString()
      .split(/[\n\0]/)
      .slice(0, -1);
    const foreign = parts.find((part) => !lines.has(part.replace(/,$/, "")) && part !== "[" && part !== "]");
    return foreign === undefined ? [] : [`a line that no record gives: ${foreign.slice(0, 100)}`];
  }
  if (should.subarray(0, is.length).equals(is)) return [];
  // An array is closed where it has been cut off.
  if (job.to === "json") {
    const closed = is.toString().replace(/\n?\]\n$/, "");
    if (should.toString().startsWith(closed)) return [];
  }
  return [`no beginning of what it should be: ${difference(is, should)}`];
}

function failedTroubles(job: Job, expected: Expected, { end, outcome }: { end: End; outcome: Outcome }): string[] {
  if (!/^pmap: /m.test(outcome.stderr)) return [`it says nothing: ${outcome.stderr}`];
  if (job.sink === "-o" && outcome.file !== undefined) return ["a job that failed has left its output"];
  if (end.tag !== "record") return prefixTroubles(job, expected, outcome);
  const reject = expected.records[end.index] as Reject;
  const troubles: string[] = [];
  if (!job.flags.unordered && reject.line !== undefined) {
    const place = `pmap: ${reject.source}:${reject.line}: `;
    if (!outcome.stderr.includes(place)) troubles.push(`stderr does not say "${place}": ${outcome.stderr}`);
  }
  // A batch is committed whole or not at all: what comes before the record need not be there.
  return [...troubles, ...prefixTroubles(job, expected, outcome, job.flags.unordered ? undefined : end.index)];
}

function interruptedTroubles(job: Job, expected: Expected, outcome: Outcome): string[] {
  const { fault } = job;
  const { code, signal, file } = outcome;
  if (fault.tag === "signal") {
    const wanted = fault.signal === "SIGINT" ? 130 : 143;
    if (code !== wanted && signal !== fault.signal) return [`it ended with ${code ?? signal}, not ${wanted}`];
  } else if (signal !== "SIGKILL" || fault.tag !== "coordinator") return [`it ended with ${code ?? signal}`];
  if (job.sink === "-o") {
    // Killed between the renaming and the end, it is complete.
    return file === undefined ? [] : outputTroubles(job, expected, outcome);
  }
  return prefixTroubles(job, expected, outcome);
}

interface Written {
  readonly source: string;
  readonly line: number;
  readonly offset: number;
  readonly kind: string;
}

function rejectTroubles(job: Job, { records }: Expected, { errors, stderr }: Outcome): string[] {
  const wanted = records.filter(isReject);
  const troubles: string[] = [];
  const told = /^pmap: ([\d,]+) records? in /m.exec(stderr)?.[1]?.replaceAll(",", "");
  if (told !== undefined && job.from !== "bytes" && Number(told) !== records.length) {
    troubles.push(`the summary tells of ${told} records, not ${records.length}`);
  }
  if (errors === undefined || job.from === "bytes") return troubles;
  const written = writtenIn(errors);
  if (job.flags.unordered) written.sort((a, b) => compare(job, a, b));
  const differs =
    written.length !== wanted.length || wanted.some((reject, i) => !isSame(reject, written[i] as Written));
  if (differs) troubles.push(`other rejects: ${short(written)} for ${short(wanted)}`);
  return troubles;
}

function writtenIn(errors: string): Written[] {
  return errors
    .split("\n")
    .filter(Boolean)
    .map((line): Written => JSON.parse(line));
}

/** Of a run over the errors file of another, with a map that gives `[record]`: what could be read comes out, the others stay. */
export function troublesOfRejects({ records }: Expected, { code, stdout, errors, stderr }: Outcome): string[] {
  const rejects = records.filter(isReject);
  const readable = rejects.filter(({ kind }) => kind !== "parse");
  const should = Buffer.from(readable.map(({ value }) => `${JSON.stringify([value])}\n`).join(""));
  const rest = rejects.filter(({ kind }) => kind === "parse");
  const written = writtenIn(errors ?? "");
  const isRight = written.length === rest.length && rest.every((reject, i) => isSame(reject, written[i] as Written));
  if (code === 0 && stdout.equals(should) && isRight) return [];
  const is = `${code}, ${difference(stdout, should)}; ${short(written)} for ${short(rest)}`;
  return [`--from rejects gives something else: ${is}\n${stderr}`];
}

function compare({ inputs }: Job, a: Written, b: Written): number {
  const index = ({ source }: Written) => inputs.findIndex(({ name }) => name === source);
  return index(a) - index(b) || a.offset - b.offset;
}

function isSame(wanted: Reject, is: Written): boolean {
  return (["source", "line", "offset", "kind"] as const).every(
    (name) => wanted[name] === undefined || wanted[name] === is[name],
  );
}

function short(rejects: readonly { source: string; line: number | undefined; kind: string }[]): string {
  return rejects
    .map(({ source, line, kind }) => `${source}:${line} ${kind}`)
    .join(", ")
    .slice(0, 400);
}
