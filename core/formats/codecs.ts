/** The formats as workers know them. A new one is a line here, and one in registry.ts. */
import { InternalError } from "../errors.ts";
import { bytesCodec } from "./bytes.ts";
import type { Codec, InputCodec, OutputCodec } from "./codec.ts";
import { csvCodec, tsvCodec } from "./csv/format.ts";
import { filesCodec } from "./files.ts";
import type { FormatName } from "./format.ts";
import { jsonCodec } from "./json.ts";
import { jsonlCodec } from "./jsonl.ts";
import { parquetCodec } from "./parquet/format.ts";
import { rejectsCodec } from "./rejects.ts";
import { nulCodec, textCodec } from "./text.ts";

export const CODECS: Codec[] = [
  jsonlCodec,
  jsonCodec,
  csvCodec,
  tsvCodec,
  textCodec,
  nulCodec,
  bytesCodec,
  parquetCodec,
  filesCodec,
  rejectsCodec,
];

export function codecNamed(name: FormatName): Codec | undefined {
  return CODECS.find((codec) => codec.name === name);
}

export function inputCodec(name: FormatName): InputCodec {
  const input = codecNamed(name)?.input;
  if (input === undefined) throw new InternalError(`there is no codec that reads "${name}"`);
  return input;
}

export function outputCodec(name: FormatName): OutputCodec {
  const output = codecNamed(name)?.output;
  if (output === undefined) throw new InternalError(`there is no codec that writes "${name}"`);
  return output;
}
