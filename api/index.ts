/**
 * pmap inside a program: map and reduce records with a function, on every core.
 *
 * And for scripts: the types of what a script exports.
 *
 * @example
 * ```ts
 * import { pmap } from "pmap-cli";
 * for await (const value of pmap("./score.ts", "users.jsonl", { cores: 4 })) console.log(value);
 * ```
 * @module
 */
export type {
  Context,
  FilterFunction,
  FinishFunction,
  Key,
  KeyFunction,
  LifeFunction,
  MapFunction,
  ReduceFunction,
  Signal,
} from "../core/script/types.ts";
export type { ClusterStats, JobStats, WorkerRow, WorkerStats } from "./job-stats-types.ts";
export { PmapError, type PmapErrorCode } from "./library/errors.ts";
export type { Progress, Reject, RejectKind, Summary } from "./library/outcome-types.ts";
export { pmap, preduce } from "./library/pmap.ts";
export { createPool } from "./library/pool.ts";
export type { Pool, PoolOptions, PoolStats } from "./library/pool-types.ts";
export type {
  ByteTarget,
  CodeScript,
  Duration,
  Emitted,
  FilesInput,
  Input,
  MapRun,
  PmapOptions,
  RangeInput,
  ReduceOptions,
  ReduceRun,
  ResultOf,
  Script,
  ScriptReference,
  Size,
  ValueOf,
  WriteOptions,
} from "./library/types.ts";
