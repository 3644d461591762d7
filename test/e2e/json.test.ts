// JSON over any number of lines: elements of arrays and other values are records.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { rejectsOf } from "../support/errors-file.ts";
import { contentOf, ownRuntime, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const rows = Array.from({ length: 20_000 }, (_, i) => ({
  id: i,
  text: `[,]{"\\ ${i} é😀`,
  nested: { list: [i, [i]], n: 1 / (i + 1) },
}));
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const file = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
file("rows.jsonl", jsonl);
file("minified.json", JSON.stringify(rows));
file("pretty.json", JSON.stringify(rows, undefined, 2));
file("values.json", rows.map((row) => JSON.stringify(row, undefined, 1)).join(""));
file("two.json", `${JSON.stringify(rows.slice(0, 99))}\r\n${JSON.stringify(rows.slice(99), undefined, "\t")}`);
file("packed.json.gz", gzipSync(JSON.stringify(rows, undefined, 1)));
file("lines.json", jsonl);

for (const name of ["minified.json", "pretty.json", "values.json", "two.json", "packed.json.gz", "lines.json"]) {
  test(`${name} gives what the same records as JSON lines give, from a file and a pipe`, async () => {
    const { code, stdout, stderr } = await runPmap(["-c", "2", "-e", "_", name], { cwd: folder });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout === jsonl);
    const piped = await runShell(`cat ${name} | pmap -c 3 --from json -e 'async (r) => r'`, { cwd: folder });
    assert.deepEqual([piped.code, piped.stderr], [0, ""]);
    assert.ok(piped.stdout === jsonl);
  });
}

test("a float sum has the same bits at any number of cores, from a file and in drops", async () => {
  const job = ["-e", "_.nested.n", "--reduce", "(a, b) => a + b", "pretty.json"];
  const one = await runPmap(["-c", "1", ...job], { cwd: folder });
  assert.equal((await runPmap(["-c", "3", ...job], { cwd: folder })).stdout, one.stdout);
  const drops = "dd if=pretty.json bs=777 status=none | pmap --from json -e _.nested.n --reduce '(a, b) => a + b'";
  assert.equal((await runShell(drops, { cwd: folder })).stdout, one.stdout);
});

test("-v says which of the two a .json is, and why", async () => {
  const lines = await runPmap(["-v", "--limit", "1", "-e", "_.id", "lines.json"], { cwd: folder });
  assert.match(lines.stderr, /input format: jsonl, by the first lines of lines\.json/);
  const array = await runPmap(["-v", "--limit", "1", "-e", "_.id", "pretty.json"], { cwd: folder });
  assert.match(array.stderr, /input format: json, by the name of pretty\.json/);
});

test("an element that is no JSON is one bad record, and a file that is cut off an error behind the others", async () => {
  file("bad.json", '[{"a":1}, {bad}, {"a":3},\n4 4, "x",]');
  const skipped = await runPmap(["--on-error", "skip", "-q", "-e", "_", "bad.json"], { cwd: folder });
  assert.deepEqual([skipped.code, skipped.stdout], [0, '{"a":1}\n{"a":3}\n"x"\n']);
  const failed = await runPmap(["-e", "_", "bad.json"], { cwd: folder });
  assert.match(failed.stderr, /^pmap: bad\.json:1: Cannot parse the record/);
  const rejects = join(folder, "rejects");
  await runPmap(["--on-error", "skip", "-q", "-e", "_", "bad.json", "--errors", rejects], { cwd: folder });
  const places = contentOf(rejects).trim().split("\n");
  assert.deepEqual(
    places
      .map((text) => JSON.parse(text) as { line: number; record: string })
      .map(({ line, record }) => [line, record.trim()]),
    [
      [1, "{bad}"],
      [2, "4 4"],
      [2, "]"],
    ],
  );
  file("cut.json", '[{"a":1},\n{"a":2},{"a"');
  const cut = await runPmap(["-e", "_", "cut.json"], { cwd: folder });
  assert.deepEqual([cut.code, cut.stdout], [1, '{"a":1}\n{"a":2}\n']);
  assert.equal(cut.stderr, 'pmap: Cannot read "cut.json": it ends inside a value that begins in line 2, at byte 18\n');
  await runPmap(["-e", "_", "cut.json", "-o", "cut.out"], { cwd: folder });
  assert.equal(existsSync(join(folder, "cut.out")), false);
});

test("an element of white space that JSON does not have is a bad record; of JSON's own it is none", async () => {
  const rejects = join(folder, "white-rejects");
  for (const white of ["\u00a0", "\f", "\ufeff"]) {
    file("white.json", `[1,${white},2 ,\n${white}\n, 3 ]\n`);
    file("white-values.json", `\t\n1 ${white} 2 \r\n\n [ 3] \n `);
    for (const map of ["_", "async (r) => r"])
      for (const [name, source] of [
        ["white.json", "pmap $ARGS white.json"],
        ["white.json", "cat white.json | pmap $ARGS"],
        ["white-values.json", "cat white-values.json | pmap $ARGS"],
      ] as const) {
        const args = `-q -f json --on-error skip --errors white-rejects -e '${map}'`;
        const { code, stdout } = await runShell(source.replace("$ARGS", args), { cwd: folder });
        assert.deepEqual([code, stdout], [0, "1\n2\n3\n"]);
        const expected = name === "white.json" ? 2 : 1;
        const records = rejectsOf(rejects).map(({ record }) => record.replaceAll(" ", ""));
        assert.deepEqual(records, Array(expected).fill(white), source);
      }
  }
  file("limited.json", "[1,\f, 2 ,3]");
  const limited = await runPmap(["--limit", "3", "-q", "--on-error", "skip", "-e", "_", "limited.json"], {
    cwd: folder,
  });
  assert.deepEqual([limited.code, limited.stdout], [0, "1\n2\n"]);
});

test("lines are those of the input for every kind of failure, at any number of cores, from a file and a pipe", async () => {
  // Pretty records take 13 lines each, behind one for the bracket.
  const lineOf = (id: number) => 2 + id * 13;
  const lines = JSON.stringify(rows, undefined, 2).split("\n");
  assert.match(lines[lineOf(7)] as string, /"id": 7/);
  const job = ["--on-error", "skip", "-q", "--errors", "lines.errors", "--retries", "0", "-c", "3", "--timeout", "30s"];
  const code =
    "(r) => { if (r.id % 5000 === 7) throw 'x'; if (r.id === 12345) process.exit(3); return r.id === 777 ? 1n : r.id }";
  for (const [args, stdin] of [
    [["pretty.json"], ""],
    [["--from", "json"], lines.join("\n")],
  ] as const) {
    const { code: status, stderr } = await runPmap([...job, ...args, "-e", code], { cwd: folder, stdin });
    assert.equal(status, 0, stderr);
    const failed = contentOf(join(folder, "lines.errors")).trim().split("\n");
    const places = failed.map((text) => (JSON.parse(text) as { line: number }).line);
    assert.deepEqual(places, [7, 777, 5007, 10007, 12345, 15007].map(lineOf));
  }
});

test("--records-at takes the elements of an array inside, and memory does not grow with it", async () => {
  const features = rows.map((row) => ({ type: "Feature", row }));
  file(
    "map.geojson",
    JSON.stringify({ type: "FeatureCollection", crs: { features: [0] }, features, after: [1] }, undefined, 1),
  );
  const expected = features.map((feature) => `${JSON.stringify(feature)}\n`).join("");
  const args = ["--records-at", "features", "-e", "_"];
  const read = await runPmap([...args, "map.geojson"], { cwd: folder });
  assert.deepEqual([read.code, read.stderr], [0, ""]);
  assert.ok(read.stdout === expected);
  const piped = await runShell("cat map.geojson | pmap --from json --records-at crs.features -e _", { cwd: folder });
  assert.equal(piped.stdout, "0\n");
  const none = await runPmap(["--records-at", "data.items", "-e", "_", "map.geojson"], { cwd: folder });
  assert.deepEqual([none.code, none.stdout], [1, ""]);
  assert.equal(none.stderr, 'pmap: Cannot read "map.geojson": there is no array at "data.items" in it\n');
  file("cut.geojson", '{"a": 1,\n "features": [{"x":1}, {"x":2}],\n "b": {');
  const cut = await runPmap([...args, "cut.geojson"], { cwd: folder });
  assert.deepEqual([cut.code, cut.stdout], [1, '{"x":1}\n{"x":2}\n']);
  assert.match(cut.stderr, /ends inside a value that begins in line 1, at byte 0\n/);
  const lines = await runPmap(["--records-at", "features", "-e", "_", "--from", "jsonl", "map.geojson"], {
    cwd: folder,
  });
  assert.match(lines.stderr, /Cannot use --records-at with jsonl: it is for JSON\nSay --from json\n/);
});

test("a file of arrays with anything between and in them gives what it gives as a stream, failures included", async () => {
  const text = `\ufeff\n[${"1, ".repeat(9000)}\n {bad},, {"a": [1]}]\n7 "x]" [[2], {"b":\n"],["}, 123456789012345678901, }]\n[3,]\n`;
  file("odd.json", text);
  // In a stream, offsets behind a comma without a value are those behind the line end that is put in there.
  const rejects = (name: string) =>
    contentOf(join(folder, name))
      .replaceAll('"source":"odd.json"', '"source":"-"')
      .replaceAll(/"offset":\d+,/g, "");
  const job = ["--on-error", "skip", "-q", "--bigints", "--timeout", "30s"];
  const code = "r => { if (r === 7) process.exit(3); return r }";
  const piped = await runPmap([...job, "--from", "json", "--errors", "piped", "-e", code], {
    cwd: folder,
    stdin: text,
  });
  assert.equal(piped.code, 0, piped.stderr);
  assert.match(piped.stdout, /\n123456789012345678901\n3\n$/);
  for (const more of [
    ["-c", "1"],
    ["-c", "3", "--chunk", "1"],
    ["-c", "2", "--chunk", "100"],
  ]) {
    const read = await runPmap([...job, ...more, "--errors", "read", "-e", code, "odd.json"], { cwd: folder });
    assert.deepEqual([read.code, read.stdout], [0, piped.stdout], read.stderr);
    assert.equal(rejects("read"), rejects("piped"));
  }
  const untouched = ["--filter", "true", "--on-error", "skip", "-q"];
  const passed = await runPmap([...untouched, "odd.json"], { cwd: folder });
  const streamed = await runPmap([...untouched, "--from", "json"], { cwd: folder, stdin: text });
  assert.equal(passed.stdout, streamed.stdout);
});

test("--resume of what is read as one stream is refused, and says what to do", async () => {
  const { code, stderr } = await runPmap(["-e", "_", "values.json", "-o", "out", "--resume"], { cwd: folder });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /Cannot resume "out": its input is decompressed, decoded or taken apart .*\nSave it to a file first: JSON lines or CSV in UTF-8, not compressed\n/,
  );
});

test("an array and JSON lines side by side are read as what both are", async () => {
  const { code, stdout, stderr } = await runPmap(["-e", "_.id", "rows.jsonl", "minified.json"], { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
  const ids = rows.map(({ id }) => `${id}\n`).join("");
  assert.ok(stdout === ids + ids);
});

test("where Node has no WebAssembly, arrays are refused in a line that says what to do; other runtimes have it", async () => {
  const env = { NODE_OPTIONS: "--jitless" };
  for (const line of ["-e _ two.json", "-e _ --from json < two.json"]) {
    const { code, stdout, stderr } = await runShell(`pmap -c 1 ${line}`, { cwd: folder, env });
    if (ownRuntime === "node") {
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^pmap: Cannot read JSON that is not one value a line: WebAssembly is turned off, .*\nMake lines of it first: jq -c '\.\[\]'$/m,
      );
    } else assert.deepEqual([code, stdout], [0, jsonl]);
  }
});

/** What a file of this content gives, and then what it gives through a pipe. */
async function bothWays(name: string, content: string | Uint8Array, args: readonly string[]) {
  file(name, content);
  const options = { cwd: folder };
  const here = await runPmap(["-q", "--on-error", "skip", "--errors", "here", ...args, name], options);
  const piped = await runShell(
    `cat ${name} | pmap -q --from json --on-error skip --errors piped ${args.map((word) => `'${word}'`).join(" ")}`,
    options,
  );
  return [
    [here.code, here.stdout, linesOf("here")],
    [piped.code, piped.stdout, linesOf("piped")],
  ] as const;
}

function linesOf(errors: string): number[] {
  const text = contentOf(join(folder, errors)).trim();
  return text === "" ? [] : text.split("\n").map((line) => (JSON.parse(line) as { line: number }).line);
}

for (const [what, content, args, out, lines] of [
  [
    "an element that is not UTF-8 takes none of the values with it that stand between two arrays",
    Buffer.from('[1,{"a":"good"}]\n2\n3\n[{"b":"\xff"},4]\n', "latin1"),
    [],
    [1, '{"a":"good"}', 2, 3, 4],
    [4],
  ],
  [
    "values between arrays may be longer than a record together",
    `[0]\n${'{"a":1}\n'.repeat(30_000)}[1]\n`,
    ["--max-record", "100K"],
    [0, ...Array.from({ length: 30_000 }, () => '{"a":1}'), 1],
    [],
  ],
  ["a number at the end needs no line end", '[1]\n{"a":1}\n42', [], [1, '{"a":1}', 42], []],
  ["a bracket too many is a bad record", "[1]]", [], [1], [1]],
  ["what is no white space of JSON is none", '[{"a":\v1},\n{"a":2}]', [], ['{"a":2}'], [1]],
] as const) {
  test(`${what}, from a file and a pipe`, async () => {
    const expected = [0, out.map((line) => `${line}\n`).join(""), lines];
    assert.deepEqual(await bothWays("values.json", content, [...args, "-e", "_"]), [expected, expected]);
  });
}

test("with --bigints a record may be deeper than a stack", async () => {
  const deep = `{"id":12345678901234567890,"deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}\n`;
  const { stdout, stderr } = await runPmap(["--bigints", "-e", "_.id"], { stdin: deep });
  assert.deepEqual([stdout, stderr], ["12345678901234567890\n", ""]);
});

test("what was read as JSON is not advised to be read as something else", async () => {
  const { stderr } = await runPmap(["--from", "json", "-e", "_"], { stdin: "[1,,3]" });
  assert.match(stderr, /^pmap: -:1: Cannot parse the record: [^\n]*\nTo go on/);
});
