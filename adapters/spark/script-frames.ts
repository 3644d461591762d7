/** Places in a script's bundle, wherever it has been unpacked, as places in the files that it was made of. */
import nodeModule from "node:module";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { TaskAnswer } from "../../core/coordinator/cluster/cluster.ts";
import type { RecordFailure } from "../../core/protocol/record-failure.ts";

/** As Node and Deno name a module, or as Bun does; the folder is Spark's. */
const PLACE = /(?:file:\/\/)?\/[^()\n]*?\/pmap-job\/script\/script\.mjs(?:\?\w+)?:(\d+):(\d+)/g;

/** A source map; its sources are URLs. */
export interface ScriptMap {
  readonly sources: readonly string[];
}

export interface ScriptFrames {
  /** A text with stacks in it. */
  text(text: string): string;
  answer(head: TaskAnswer["head"]): TaskAnswer["head"];
  failure(of: RecordFailure): RecordFailure;
}

/** What is exported as default has its file's name in a bundle; a generator is told with its method. */
const DEFAULT = /(?<=^\s+at (?:async )?)(\w+)_default(?=(?:\.\w+)? \()/gm;

/**
 * @param map the bundle's source map, whose sources are URLs
 * @param names how the runtime names a file in a stack
 */
export function framesOf(map: ScriptMap, names: "by URL" | "by path"): ScriptFrames {
  const defaults = new Set(map.sources.map((url) => basename(url, extname(url)).replaceAll(/\W/g, "_")));
  const lookUp = new nodeModule.SourceMap(map as unknown as ConstructorParameters<typeof nodeModule.SourceMap>[0]);
  const text = (of: string) =>
    of
      .replace(PLACE, (place, line, column) => placeOf(Number(line), Number(column)) ?? place)
      .replace(DEFAULT, (name, file) => (defaults.has(file) ? "default" : name));
  const failure = (of: RecordFailure): RecordFailure => ({ ...of, stack: text(of.stack) });
  return {
    text,
    failure,
    answer(head) {
      if (head.type === "done")
        return { ...head, rejects: head.rejects.map(failure), warning: head.warning && text(head.warning) };
      const { message, stack } = head;
      return { ...head, failure: head.failure && failure(head.failure), message: text(message), stack: text(stack) };
    },
  };

  function placeOf(line: number, column: number): string | undefined {
    const entry = lookUp.findEntry(line - 1, column - 1) as Partial<nodeModule.SourceMapping>;
    const { originalSource, originalLine, originalColumn } = entry;
    if (originalSource === undefined || originalLine === undefined || originalColumn === undefined) return undefined;
    const file = names === "by URL" ? originalSource : fileURLToPath(originalSource);
    return `${file}:${originalLine + 1}:${originalColumn + 1}`;
  }
}
