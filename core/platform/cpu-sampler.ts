/** What a runtime's own profiler tells of a thread: in which calls it was when it was looked at. */

/** A function or what stands for one, with its place in the code as the user has written it. */
export interface CodePlace {
  readonly name: string;
  /** A URL or a path; empty for what has no code. */
  readonly url: string;
  /** Both from 1; 0 where it is not known. */
  readonly line: number;
  readonly column: number;
}

export interface SampledCall {
  readonly place: CodePlace;
  /** The index of the call that it was made by; -1 for the root. Callers come before what they call. */
  readonly parent: number;
  /** Time in the function itself, in microseconds, and how often it was seen there. */
  readonly micros: number;
  readonly ticks: number;
  /** How often it was seen on which line. */
  readonly lines: readonly (readonly [line: number, ticks: number])[];
}

export interface CpuSampler {
  /** What has been sampled since the last call, and ends the sampling if it is not to go on. */
  take(then: "go on" | "end"): Promise<readonly SampledCall[]>;
}
