/** A sink that is a folder of parts on a cluster: most are there when they are committed, what else there is passes through. */
import { NO_ENDS } from "../../formats/format.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { createStreamSink, type Sink } from "./sinks.ts";

export interface PartsSink extends Sink {
  /** The names of the files that are its parts, in their order. */
  readonly parts: readonly string[];
}

export interface PartsSinkOptions {
  /** Appends to a file there. */
  readonly write: (name: string, pieces: readonly Uint8Array[]) => Promise<void>;
  /** What comes before the first value. Formats that have more around their values have no parts. */
  readonly head: string;
  readonly text: TextCodec;
}

export function createPartsSink({ write, head, text }: PartsSinkOptions): PartsSink {
  const parts: string[] = [];
  /** The part that is written here, until another one follows it. */
  let own: string | undefined;
  let missing = head === "" ? [] : [text.encode(head)];
  let bytesThere = 0;
  const passed = createStreamSink({ write: (pieces) => append(pieces) }, NO_ENDS, text);

  return {
    parts,
    get position() {
      return passed.position + bytesThere;
    },
    get wholeUpTo() {
      return this.position;
    },
    settled: () => Promise.resolve(),
    commit: (output, again) => passed.commit(output, again),
    commitPart(name, bytes) {
      bytesThere += bytes;
      const begun = append([]);
      own = undefined;
      parts.push(name);
      return begun;
    },
    finish: async () => append([]),
  };

  function append(pieces: readonly Uint8Array[]): Promise<void> | undefined {
    const all = [...missing, ...pieces];
    missing = [];
    if (all.length === 0) return undefined;
    if (own === undefined) {
      own = `own-${parts.length}`;
      parts.push(own);
    }
    return write(own, all);
  }
}
