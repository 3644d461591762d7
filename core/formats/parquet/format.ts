/** Parquet. What reads it is loaded when it is wanted: it is longer than all that a job of JSON lines needs. */
import { parseJson } from "../../json.ts";
import type { Codec } from "../codec.ts";
import type { Format } from "../format.ts";
import type { RowReader } from "./row-reader.ts";

export const parquet: Format = {
  name: "parquet",
  about: "an object a row, of the columns",
  extensions: [".parquet"],
  magic: "PAR1",
  flags: { of: "Parquet", names: ["columns"] },
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
};
