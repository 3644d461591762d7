/** A module of TypeScript in lines, where hooks have a thread of their own (Node 20). */
import { type Loaded, loadedInLines } from "./in-lines.ts";

type Load = (url: string, context: unknown) => Promise<Loaded>;

export async function load(url: string, context: unknown, next: Load): Promise<Loaded> {
  return loadedInLines(await next(url, context), url);
}
