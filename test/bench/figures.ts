import type { Measurement, Subject } from "./results.ts";

/** What is divided by what, by label. */
export const ratios: readonly (readonly [one: string, other: string])[] = [
  ["pmap -o", "limit"],
  ["pmap >", "limit"],
  ["pmap |", "limit"],
  ["pmap -o", "parallel"],
  ["pmap |", "parallel"],
  ["pmap -o", "loop"],
  ["pmap -o", "map"],
  ["pmap -o", "pmap proj"],
  ["pmap -o", "duckdb"],
  ["pmap -o", "native"],
  ["pmap -o", "pmap JSON lines"],
  ["pmap -o", "csv-parse"],
  ["pmap -o", "mlr"],
  ["pmap -e _.a", "bare"],
];

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Seconds of one contender's runs; one that knows no runtimes, or uses one core only, counts for all of them. */
function runsOf(
  measurements: readonly Measurement[],
  subject: Omit<Subject, "records">,
): readonly number[] | undefined {
  const found = measurements.find(
    ({ contender, workload, runtime, cores }) =>
      contender === subject.contender &&
      workload === subject.workload &&
      (runtime === subject.runtime || runtime === "any") &&
      cores === subject.cores,
  );
  if (found) return found.seconds;
  return subject.cores === 1 ? undefined : runsOf(measurements, { ...subject, cores: 1 });
}

/** Their median. */
export function secondsOf(measurements: readonly Measurement[], subject: Omit<Subject, "records">): number | undefined {
  const runs = runsOf(measurements, subject);
  return runs && median(runs);
}

/** The ratios that can be had of one workload, runtime and number of cores. */
export function ratiosOf(
  measurements: readonly Measurement[],
  subject: Omit<Subject, "records" | "contender">,
): [name: string, ratio: number][] {
  return ratios.flatMap(([one, other]) => {
    const above = runsOf(measurements, { ...subject, contender: one });
    const below = runsOf(measurements, { ...subject, contender: other });
    return above && below ? [[`${one} / ${other}`, quotient(above, below)] as [string, number]] : [];
  });
}

/** The median of the quotients round by round: when the machine gets slower or quicker from one to the next, both have it. */
function quotient(above: readonly number[], below: readonly number[]): number {
  return median(above.map((seconds, round) => seconds / (below[round] ?? Number.NaN)));
}
