/** The runtimes that this machine has. */
import { execFile } from "node:child_process";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { findProgram } from "./programs.ts";

export interface FoundRuntime {
  readonly name: RuntimeName;
  /** The file that would be started; undefined when there is none. */
  readonly path: string | undefined;
  /** Undefined when it is not there, or does not start. */
  readonly version: string | undefined;
}

const NAMES: readonly RuntimeName[] = ["node", "deno", "bun"];
/** A stub on the PATH that waits for input must not keep us. */
const ANSWER_MS = 10_000;

/** Asks each runtime on the PATH for its version; the one that runs pmap is asked by its own file. */
export function findRuntimes(own: RuntimeName): Promise<FoundRuntime[]> {
  return Promise.all(
    NAMES.map(async (name) => {
      const path = name === own ? process.execPath : findProgram(name);
      return { name, path, version: path === undefined ? undefined : await versionOf(path) };
    }),
  );
}

function versionOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, ["--version"], { timeout: ANSWER_MS, encoding: "utf8" }, (error, stdout) => {
      resolve(error === null ? /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] : undefined);
    });
  });
}
