/** Parquet. What reads and writes it is loaded when it is wanted: it is longer than all that a job of JSON lines needs. */
import { parseJson } from "../../json.ts";
import type { Codec, OutputCodec } from "../codec.ts";
import { type Format, NO_ENDS } from "../format.ts";
import { printLine } from "../jsonl.ts";
import { areKnown, givenColumns, namingFlag, takeAll } from "./column-types.ts";
import type { RowReader } from "./row-reader.ts";

export const parquet: Format = {
  name: "parquet",
  about: "an object a row, of the columns",
  extensions: [".parquet"],
  magic: "PAR1",
  flags: { of: "Parquet", names: ["columns", "schema"] },
  input: {
    cut: "units",
    separator: 10,
    skipsBlank: false,
    tellsOrigin: true,
    unit: "row",
    sourceName: "parquet",
    place: (source, { line }) => `${source}:row ${line}`,
    async count(sources, tools) {
      const { countRows } = await import("./count-rows.ts");
      return countRows(sources, tools);
    },
  },
  output: {
    extensions: [".parquet"],
    hasColumns: true,
    rowGroups: { given: givenColumns, areKnown, takeAll },
    ends: () => ({ ...NO_ENDS, head: "PAR1" }),
  },
};

const output: OutputCodec = {
  // Rows are printed by a table, which is loaded.
  print: printLine,
  printJson: (json) => `${json}\n`,
  async load() {
    const { RowWriter } = await import("./row-writer.ts");
    return {
      ...output,
      createTable(options, columns) {
        const given = columns ?? givenColumns(options);
        return new RowWriter(given, areKnown(given), { namedBy: namingFlag(options), bigints: options.bigints });
      },
      loadRowGroups: async (text) => (await import("./group-writer.ts")).createRowGroups(text),
    };
  },
};

export const parquetCodec: Codec = {
  name: "parquet",
  input: {
    cut: "units",
    needsUtf8: true,
    createReread: () => (text) => parseJson(text),
    createReader(tools) {
      let reader: Promise<RowReader> | undefined;
      return {
        open() {
          throw new TypeError("what reads Parquet has not been loaded");
        },
        load() {
          reader ??= import("./row-reader.ts").then(({ createRowReader }) => createRowReader(tools));
          return reader;
        },
      };
    },
  },
  output,
};
