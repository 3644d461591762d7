/** The files that are written: whether they can be, and how. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { writeAtStart, writeInJob } from "../../adapters/system/file-errors.ts";
import { statsOf } from "../../adapters/system/file-stats.ts";
import type { JobEvent } from "../../core/coordinator/observer.ts";
import { JobError, UsageError } from "../../core/errors.ts";
import type { PageParts } from "./page.ts";
import { Trace } from "./trace.ts";

/**
 * Finds out whether a file can be written, and changes nothing that is there.
 * @returns what removes the file again that had to be made for it
 * @throws {UsageError} when it cannot
 */
export function prepareFile(path: string): () => void {
  const stats = statsOf(path);
  return writeAtStart(path, () => {
    // A pipe must not be opened before there is something to write, and closed again.
    if (stats !== undefined && !stats.isFile() && !stats.isDirectory()) {
      accessSync(path, constants.W_OK);
      return () => {};
    }
    closeSync(openSync(path, "a"));
    if (stats !== undefined) return () => {};
    // A symbolic link whose target is missing stays.
    const made = realpathSync(path);
    return () => rmSync(made, { force: true });
  });
}

/**
 * The same, as far as can be told without making the file.
 * @throws {UsageError} when it cannot be written
 */
export function checkWritable(path: string, how: "written in place" | "replaced"): void {
  const stats = statsOf(path);
  writeAtStart(path, () => {
    if (stats?.isDirectory()) closeSync(openSync(path, "a"));
    accessSync(stats === undefined || how === "replaced" ? dirname(path) : path, constants.W_OK);
  });
}

/** What failed at the end of a job that is done otherwise: the error says that nothing else is missing. */
export function onlyMissing({ message }: Error, what: string): JobError {
  return new JobError(`${message}; the output is complete, only the ${what} is missing`, { about: "output" });
}

/** Where the build puts the page's script and style: beside this code, or in dist/ where that runs as it was written. */
const PAGE_FOLDERS = ["./page/", "../../dist/api/report/page/"];

/** @throws {UsageError} where pmap runs from its sources and has not been built */
export function loadPageParts(sha256: PageParts["sha256"]): PageParts {
  const folder = PAGE_FOLDERS.map((path) => new URL(path, import.meta.url)).find((url) =>
    existsSync(new URL("page.js", url)),
  );
  if (folder === undefined)
    throw new UsageError("Cannot write a report: its page has not been built\nRun `npm run build` in pmap's folder");
  return {
    script: readFileSync(new URL("page.js", folder), "utf8"),
    style: readFileSync(new URL("page.css", folder), "utf8"),
    sha256,
  };
}

const FLUSH_CHARACTERS = 64 * 1024;

/** Written as the job goes: its events may be more than memory holds. */
export class TraceFile {
  readonly #path: string;
  readonly #trace: Trace;
  #descriptor: number | undefined;
  #text: string;
  /** It has been told at the end; the job goes on. */
  #failure: unknown;

  /** @throws {JobError} when it cannot be written */
  constructor(path: string, version: string) {
    this.#path = path;
    const head = { displayTimeUnit: "ms", otherData: { program: "pmap", version, date: new Date().toISOString() } };
    this.#text = `${JSON.stringify(head).slice(0, -1)},"traceEvents":[`;
    let separator = "\n";
    this.#trace = new Trace((event) => {
      this.#text += `${separator}${JSON.stringify(event)}`;
      separator = ",\n";
      if (this.#text.length > FLUSH_CHARACTERS) this.#flush();
    });
    this.#descriptor = writeInJob(path, () => openSync(path, "w"));
  }

  observe(event: JobEvent, atMs: number): void {
    this.#trace.observe(event, atMs);
  }

  memory(atMs: number, bytes: ReadonlyMap<number, number>): void {
    this.#trace.memory(atMs, bytes);
  }

  /** @throws {JobError} when it could not be written */
  end(atMs: number, outcome: string): void {
    this.#trace.end(atMs, outcome);
    this.#text += "\n]}\n";
    this.#flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    const failure = this.#failure;
    if (failure !== undefined)
      writeInJob(this.#path, () => {
        throw failure;
      });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    if (this.#failure !== undefined || this.#descriptor === undefined) return;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
    } catch (error) {
      this.#failure = error;
    }
  }
}
