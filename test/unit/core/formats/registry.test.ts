// The two halves of each format belong together, whatever is in the registries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODECS, codecNamed, inputCodec, outputCodec } from "../../../../core/formats/codecs.ts";
import { DEFAULT_FORMAT, FORMATS, formatFlags, inputNamed, outputNamed } from "../../../../core/formats/registry.ts";

for (const { name, input, output } of FORMATS) {
  test(`${name}: what the coordinator cuts, a worker reads, and what a worker prints, the coordinator frames`, async () => {
    const codec = codecNamed(name);
    assert.ok(codec !== undefined, "it has no codec");
    assert.equal(codec.output === undefined, output === undefined);
    // One that is converted is read as what it becomes, or has a codec for some of its files, which makes the same of them.
    if (input === undefined) assert.equal(codec.input, undefined);
    else if (input.cut === "converted") {
      assert.ok(codec.input?.cut === "loaded");
      assert.deepEqual(
        { ...codec.input.lines(), isBlank: undefined },
        { ...inputCodec(input.into), isBlank: undefined },
      );
    } else {
      assert.equal(codec.input?.cut, input.cut);
      if (codec.input?.cut === "line" && input.cut === "line") {
        assert.equal(codec.input.separator, input.separator);
        assert.equal(codec.input.separatorText, String.fromCharCode(input.separator));
        assert.equal(codec.input.openChunk !== undefined, input.chunkIsRecord === true);
      }
    }
    const printer = (await codec.output?.load?.()) ?? codec.output;
    assert.equal(printer?.createTable !== undefined, output?.hasColumns === true);
    assert.equal(printer?.loadRowGroups !== undefined, output?.rowGroups !== undefined);
  });
}

test("names and endings are each of one format, and every codec has one", () => {
  const names = FORMATS.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  assert.deepEqual(CODECS.map(({ name }) => name).sort(), [...names].sort());
  const endings = FORMATS.flatMap(({ extensions }) => extensions);
  assert.deepEqual([...new Set(endings)], endings);
  assert.equal(FORMATS[0]?.name, DEFAULT_FORMAT);
});

test("a converted format is read as what it becomes, and an unknown one is an error", () => {
  assert.equal(inputNamed("json"), inputNamed("jsonl"));
  assert.throws(() => inputNamed("yaml"), /Cannot read the format "yaml"/);
  assert.throws(() => outputNamed("rejects"), /Cannot write the format "rejects"/);
  assert.throws(() => inputCodec("yaml"), /no codec that reads "yaml"/);
  assert.throws(() => outputCodec("file"), /no codec that writes "file"/);
  assert.deepEqual(
    formatFlags().map(({ of }) => of),
    ["CSV", "Parquet"],
  );
});
