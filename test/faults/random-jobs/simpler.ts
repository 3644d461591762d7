/** What a job that went wrong might be without: each a job that is simpler in one thing. */
import type { Input, Job } from "./job.ts";

export function* simplerThan(job: Job): Iterable<Job> {
  const { script, flags, fault } = job;
  if (fault.tag !== "none") yield { ...job, fault: { tag: "none" } };
  // A JSON text cannot be cut anywhere.
  if (job.from !== "json") for (const inputs of shorter(job.inputs)) yield { ...job, inputs };
  for (const [i, { packed }] of job.inputs.entries()) {
    if (packed === undefined) continue;
    const inputs = job.inputs.map((input, at) => (at === i ? { ...input, packed: undefined } : input));
    yield { ...job, inputs };
  }
  if (job.range !== undefined && job.range.to > 1) {
    yield { ...job, range: { ...job.range, to: Math.floor(job.range.to / 2) } };
  }
  for (const deed of script.deeds.keys()) {
    yield { ...job, script: { ...script, deeds: new Map([...script.deeds].filter(([n]) => n !== deed)) } };
  }
  for (const name of ["setup", "teardown", "filter"] as const) {
    if (script[name] !== "none" && (name !== "filter" || script.style !== "none"))
      yield { ...job, script: { ...script, [name]: "none" } };
  }
  if (script.key !== undefined) yield { ...job, script: { ...script, key: undefined } };
  if (script.costUs > 0) yield { ...job, script: { ...script, costUs: 0, unevenly: false } };
  for (const name of ["chunk", "concurrency", "limit", "maxErrors", "retries", "timeoutMs", "recycle"] as const) {
    if (flags[name] !== undefined) yield { ...job, flags: { ...flags, [name]: undefined } };
  }
  for (const name of ["unordered", "errors", "verbose"] as const) {
    if (flags[name]) yield { ...job, flags: { ...flags, [name]: false } };
  }
  if (flags.cores > 1) yield { ...job, flags: { ...flags, cores: flags.cores - 1 } };
  if (job.cuts.length > 0) yield { ...job, cuts: [] };
}

/** The same inputs with one half of one of them left out. The first piece may be a header. */
function* shorter(inputs: readonly Input[]): Iterable<Input[]> {
  for (const [i, { pieces }] of inputs.entries()) {
    if (pieces.length < 2) continue;
    const middle = Math.ceil((pieces.length + 1) / 2);
    for (const kept of [pieces.slice(0, middle), [...pieces.slice(0, 1), ...pieces.slice(middle)]]) {
      yield inputs.map((input, at) => (at === i ? { ...input, pieces: kept } : input));
    }
  }
}
