/**
 * pmap for scripts: the types of what a script exports.
 *
 * @example
 * ```ts
 * import type { Context } from "pmap-cli";
 * export default function map(record: { score: number }, ctx: Context) {
 *   if (record.score < 0) ctx.count("negative");
 *   return { ...record, ok: record.score > 50 };
 * }
 * ```
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
} from "./script/types.ts";
