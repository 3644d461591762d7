import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nodeText } from "../../../../../adapters/node/text-codec.ts";
import { pageCodecs } from "../../../../../adapters/shared/page-codecs.ts";
import { JobError } from "../../../../../core/errors.ts";
import type { UnitCodecTools } from "../../../../../core/formats/codec.ts";
import type { Cursor } from "../../../../../core/formats/cursor.ts";
import { createRowReader } from "../../../../../core/formats/parquet/row-reader.ts";
import type { InputIdentity } from "../../../../../core/platform/input-identity.ts";
import { codecTools } from "../../../../support/codec-tools.ts";
import { asFile, madeRows, parquetFixture } from "../../../../support/parquet.ts";

interface World {
  readonly identity?: InputIdentity;
  readonly fieldsFor?: UnitCodecTools["fieldsFor"];
}

/** Two files of 400 rows each, with one without rows between them. */
function toolsFor({ identity, fieldsFor = () => undefined }: World = {}): { tools: UnitCodecTools; opened: string[] } {
  const opened: string[] = [];
  const names = ["pages-v1", "empty", "pages-v2"];
  const sources = names.map((name, i) => {
    const path = parquetFixture(name);
    const end = readFileSync(path).length;
    return { name, path, begin: 0, end, firstUnit: i === 0 ? 0 : 400, identity };
  });
  const openInput = (path: string) => {
    opened.push(path);
    const { file, size } = asFile(new Uint8Array(readFileSync(path)));
    return { read: file.read, close: () => {}, identity: () => ({ dev: 1, ino: 1, size, mtimeMs: 0 }) };
  };
  const readSource = () => assert.fail("it is not read as a whole");
  const tools = { ...codecTools(nodeText), fieldsFor, sources, range: undefined, openInput, readSource, pageCodecs };
  return { tools, opened };
}

test("rows of several files follow each other, with their origins", async () => {
  const { tools, opened } = toolsFor();
  const reader = await createRowReader(tools);
  const records: unknown[] = [];
  const origins: unknown[] = [];
  for (const cursor of reader.open({ start: 390, end: 410 })) {
    while (cursor.advance()) {
      records.push(cursor.read());
      const { source, line } = cursor.origin?.() ?? {};
      origins.push([source, line, cursor.offset()]);
    }
  }
  const rows = madeRows(400);
  assert.deepEqual(records, [...rows.slice(390), ...rows.slice(0, 10)]);
  assert.deepEqual(origins[9], ["pages-v1", 400, 399]);
  assert.deepEqual(origins[10], ["pages-v2", 1, 400]);
  assert.deepEqual(opened, [parquetFixture("pages-v1"), parquetFixture("pages-v2")]);
});

test("only the fields that the script looks at are made, and a reject has all of them", async () => {
  const fields = { names: new Set(["score"]), keys: new Set<string>() };
  const { tools } = toolsFor({ fieldsFor: () => fields });
  const reader = await createRowReader(tools);
  const [cursor] = [...reader.open({ start: 5, end: 6 })] as [Cursor];
  assert.ok(cursor.advance());
  assert.deepEqual(cursor.read(), { score: 5 / 8 });
  assert.deepEqual(JSON.parse(cursor.raw()), madeRows(6)[5]);
});

test("a file that has been replaced since the job started is refused", async () => {
  const { tools } = toolsFor({ identity: { dev: 1, ino: 2, size: 1, mtimeMs: 0 } });
  const reader = await createRowReader(tools);
  const open = () => [...reader.open({ start: 0, end: 1 })];
  assert.throws(open, (error) => error instanceof JobError && /it was replaced by another file/.test(error.message));
});
