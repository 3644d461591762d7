// A new format is a file with two halves, and a line in each registry: nothing else is touched. Two are made up here. `fixed` are
// lines with columns at fixed places. `blocks` are records of 16 bytes, which are counted, and whose file is loaded before a batch
// is run, as a format with an index of its own would do it.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { Interrupted } from "../../../../core/errors.ts";
import type { Codec, UnitCodecTools, UnitPart } from "../../../../core/formats/codec.ts";
import { CODECS } from "../../../../core/formats/codecs.ts";
import type { Cursor, Origin } from "../../../../core/formats/cursor.ts";
import { type Format, NO_ENDS } from "../../../../core/formats/format.ts";
import { FORMATS } from "../../../../core/formats/registry.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

// ---- fixed: name (8), count (6) ----

const WIDTHS = [8, 6] as const;
const LINE_CHARACTERS = 14;

const fixed: Format = {
  name: "fixed",
  about: "columns at fixed places",
  extensions: [".fixed"],
  input: { cut: "line", separator: 10, skipsBlank: true },
  output: { extensions: [".fixed"], ends: () => ({ ...NO_ENDS, head: "name    count \n" }) },
};

const fixedCodec: Codec = {
  name: "fixed",
  input: {
    cut: "line",
    separator: 10,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: true,
    needsUtf8: true,
    parse: parseFixed,
    createReread: () => parseFixed,
  },
  output: {
    print(value) {
      const { name, count } = value as { name: string; count: number };
      return `${name.padEnd(WIDTHS[0])}${String(count).padEnd(WIDTHS[1])}\n`;
    },
    printJson: (json) => `${json}\n`,
  },
};

function parseFixed(line: string): { name: string; count: number } {
  if (line.length !== LINE_CHARACTERS)
    throw new SyntaxError(`it has ${line.length} characters, and not ${LINE_CHARACTERS}`);
  return { name: line.slice(0, WIDTHS[0]).trimEnd(), count: Number(line.slice(WIDTHS[0])) };
}

// ---- blocks: 16 bytes each ----

const BLOCK_BYTES = 16;
const MAGIC = "BLOCKS16";

const blocks: Format = {
  name: "blocks",
  about: "16 bytes each",
  extensions: [".blocks"],
  input: {
    cut: "units",
    separator: 10,
    skipsBlank: false,
    tellsOrigin: true,
    unit: "block",
    sourceName: "blocks",
    place: (source, { line }) => `${source}: block ${line}`,
    async count(sources, { read }) {
      const counts = sources.map((source) => {
        const magic = read(source, source.begin, source.begin + MAGIC.length);
        assert.equal(String.fromCharCode(...magic), MAGIC);
        return countOf(source);
      });
      return counts.reduce((sum, count) => sum + count, 0);
    },
  },
};

const blocksCodec: Codec = {
  name: "blocks",
  input: {
    cut: "units",
    needsUtf8: true,
    createReread: () => parseBlock,
    createReader(tools) {
      return {
        open: () => assert.fail("its file has not been loaded"),
        async load() {
          await Promise.resolve();
          const loaded = tools.sources.map((source) => tools.readSource(source));
          return { open: (part) => new BlockCursor(tools, loaded, part) };
        },
      };
    },
  },
};

function countOf({ begin, end }: { readonly begin: number; readonly end: number }): number {
  return (end - begin - MAGIC.length) / BLOCK_BYTES;
}

function parseBlock(text: string): { n: number } {
  const n = Number(text);
  if (Number.isNaN(n)) throw new SyntaxError("it is no number");
  return { n };
}

class BlockCursor implements Cursor {
  #at: number;
  readonly #tools: UnitCodecTools;
  readonly #loaded: readonly Uint8Array[];
  readonly #part: UnitPart;

  constructor(tools: UnitCodecTools, loaded: readonly Uint8Array[], part: UnitPart) {
    this.#tools = tools;
    this.#loaded = loaded;
    this.#part = part;
    this.#at = part.start - 1;
  }

  advance(): boolean {
    return ++this.#at < this.#part.end;
  }

  read(): unknown {
    return parseBlock(this.raw());
  }

  offset(): number {
    return this.#at;
  }

  line(): number {
    return Math.min(this.#at, this.#part.end - 1) - this.#part.start + 1;
  }

  raw(): string {
    const { source, index } = this.#place();
    const start = MAGIC.length + index * BLOCK_BYTES;
    const bytes = this.#loaded[source] as Uint8Array;
    return this.#tools.text.decode(bytes, start, start + BLOCK_BYTES).trim();
  }

  origin(): Origin {
    const { source, index } = this.#place();
    return {
      source: this.#tools.sources[source]?.name ?? "-",
      sourceIndex: source,
      line: index + 1,
      from: "blocks",
    };
  }

  #place(): { readonly source: number; readonly index: number } {
    let index = this.#at;
    let source = 0;
    for (const each of this.#tools.sources) {
      if (index < countOf(each)) break;
      index -= countOf(each);
      source++;
    }
    return { source, index };
  }
}

// ---- the lines in the registries ----

FORMATS.push(fixed, blocks);
CODECS.push(fixedCodec, blocksCodec);
const { pmap, preduce } = await import("../../../../api/index.ts");
const { execute } = await import("../../../../api/run.ts");
const { jobOptions } = await import("../../../../api/library/options.ts");
const { openInput } = await import("../../../../api/library/inputs.ts");
const { scriptSource } = await import("../../../../api/library/script-reference.ts");
const runtime = await loadRuntime();

const folder = temporaryFolder();
const RECORDS = 5000;
const input = join(folder, "input.fixed");
writeFileSync(input, Array.from({ length: RECORDS }, (_, i) => line(`n${i}`, i)).join(""));
const inputs = [2000, 3000].map((count, i) => {
  const path = join(folder, `${i}.blocks`);
  const numbers = Array.from({ length: count }, (_, at) => `${i * 2000 + at}`.padEnd(BLOCK_BYTES));
  writeFileSync(path, MAGIC + numbers.join(""));
  return path;
});

function line(name: string, count: number): string {
  return `${name.padEnd(8)}${String(count).padEnd(6)}\n`;
}

const double = { code: { map: "({ ..._, count: _.count * 2 })" } };
const inline = { mode: "inline", chunk: 512 } as const;

for (const cores of [1, 3]) {
  test(`fixed lines are found by the name of the file, mapped and printed by ${cores} workers`, async () => {
    const output = join(folder, `doubled-${cores}.fixed`);
    const { records } = await pmap(double, input, { ...inline, cores }).writeTo(output);
    assert.equal(records, RECORDS);
    const expected = Array.from({ length: RECORDS }, (_, i) => line(`n${i}`, 2 * i)).join("");
    assert.equal(readFileSync(output, "utf8"), `name    count \n${expected}`);
  });

  test(`blocks of several files are counted, loaded and mapped in their order by ${cores} workers`, async () => {
    const values = await pmap({ code: { map: "_.n" } }, { files: inputs }, { ...inline, cores }).toArray();
    assert.deepEqual(
      values,
      Array.from({ length: RECORDS }, (_, i) => i),
    );
  });
}

test("a fold of floats has the same bits with one worker and with three", async () => {
  const code = { map: "1 / (_.count + 1)", reduce: "(a, b) => a + b" };
  const one = await preduce({ code }, input, { mode: "inline", cores: 1 });
  assert.equal(await preduce({ code }, input, { mode: "inline", cores: 3 }), one);
});

test("a line that is not of the format fails with its place, or is a reject that can be mapped again", async () => {
  const path = join(folder, "bad.fixed");
  writeFileSync(path, `${line("a", 1)}too short\n${line("c", 3)}`);
  await assert.rejects(pmap(double, path, inline).toArray(), {
    message: `${path}:2: Cannot parse the record: it has 9 characters, and not 14`,
  });
  const errors = join(folder, "errors.jsonl");
  const run = pmap({ code: { map: "_.name" } }, path, { ...inline, onError: "skip", errors });
  assert.deepEqual(await run.toArray(), ["a", "c"]);
  const [entry] = readFileSync(errors, "utf8").trim().split("\n");
  const { from, source, line: at, record } = JSON.parse(entry ?? "") as Record<string, unknown>;
  assert.deepEqual([from, source, at, record], ["fixed", path, 2, "too short"]);
  const mended = join(folder, "mended.jsonl");
  writeFileSync(mended, `${(entry ?? "").replace("too short", "b       2     ")}\n`);
  assert.deepEqual(await pmap({ code: { map: "_" } }, mended, { ...inline, from: "rejects" }).toArray(), [
    { name: "b", count: 2 },
  ]);
});

test("a block that cannot be read is told by its file and its number there", async () => {
  const path = join(folder, "bad.blocks");
  writeFileSync(path, MAGIC + ["1", "two", "3"].map((text) => text.padEnd(BLOCK_BYTES)).join(""));
  const files = [inputs[0] as string, path];
  await assert.rejects(pmap({ code: { map: "_.n" } }, { files }, inline).toArray(), {
    message: `${path}: block 2: Cannot parse the record: it is no number`,
  });
  const run = pmap({ code: { map: "_.n" } }, { files }, { ...inline, onError: "skip" });
  assert.equal((await run.toArray()).length, 2002);
  assert.equal((await run.summary).rejected, 1);
});

test("--limit counts lines and blocks", async () => {
  const names = await pmap({ code: { map: "_.name" } }, input, { ...inline, limit: 3 }).toArray();
  assert.deepEqual(names, ["n0", "n1", "n2"]);
  const numbers = await pmap({ code: { map: "_.n" } }, { files: inputs }, { ...inline, limit: 3 }).toArray();
  assert.deepEqual(numbers, [0, 1, 2]);
});

/** Runs a job that is interrupted, as by Ctrl-C, when the script has had this number of records. */
async function runInterrupted(plan: Parameters<typeof execute>[0], most: number): Promise<number> {
  let calls = 0;
  let drain = () => {};
  const drained = new Promise<void>((resolve) => {
    drain = resolve;
  });
  Object.assign(globalThis, { called: () => ++calls === most && drain() });
  const nothing = () => {};
  await execute(plan, {
    runtime,
    version: "0.0.0",
    takeStarted: () => undefined,
    ownsStdout: false,
    control: { drain: drained, onKillable: nothing },
    messages: { notice: nothing, warning: nothing, output: nothing },
  }).catch((error: unknown) => assert.ok(error instanceof Interrupted, String(error)));
  return calls;
}

for (const [what, files, key] of [
  ["fixed lines", [input], "count"],
  ["blocks", inputs, "n"],
] as const) {
  test(`a job of ${what} goes on where it was interrupted`, async () => {
    const outputPath = join(folder, `${key}.jsonl`);
    const own = runtime.name;
    const script = await scriptSource(
      { code: { map: `_ => { called(); return _.${key}; }` } },
      {},
      { runtime: own, own },
    );
    const planOf = (resume: boolean) =>
      jobOptions(
        { ...inline, cores: 3, resume },
        { script, input: openInput({ files: [...files] }, false), outputPath, own },
      );
    const first = await runInterrupted(planOf(false), 2500);
    const second = await runInterrupted(planOf(true), Number.POSITIVE_INFINITY);
    assert.ok(first >= 2500 && first < RECORDS, `it was interrupted after ${first}`);
    assert.ok(second < RECORDS, "it has begun from the beginning");
    assert.deepEqual(
      readFileSync(outputPath, "utf8").trim().split("\n").map(Number),
      Array.from({ length: RECORDS }, (_, i) => i),
    );
  });
}
