/** The library as a program gets it: the built one. */
import { existsSync } from "node:fs";
import type * as Library from "../../api/index.ts";

const url = new URL("../../dist/api/index.js", import.meta.url);
if (!existsSync(url)) throw new Error("dist/ is missing: run `npm run build`");

export const library = (await import(url.href)) as typeof Library;

/** The error that a job ends with. */
export async function errorOf(result: PromiseLike<unknown>): Promise<Library.PmapError> {
  try {
    await result;
  } catch (error) {
    if (error instanceof library.PmapError) return error;
    throw error;
  }
  throw new Error("the job has not failed");
}
