import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Reject, rejectsOf } from "../support/errors-file.ts";
import { fixture, runPmap, temporaryFolder } from "../support/run-pmap.ts";

// An errors file is an input: its records are mapped as if they stood where they came from.

const folder = temporaryFolder();
const script = fixture("does_as_told.mjs");

/** Everything but the frames of the stack, which depend on whether records were announced. */
function factsOf(path: string): Omit<Reject, "stack">[] {
  return rejectsOf(path).map(({ stack: _, ...reject }) => reject);
}

/** Two files in which records throw, kill and cannot be parsed, some of them at the same offsets. */
function twoFiles(): string {
  const cwd = mkdtempSync(join(folder, "two-"));
  const lines = (deeds: Readonly<Record<number, string>>) =>
    Array.from({ length: 300 }, (_, i) => `${JSON.stringify({ n: 1000 + i, do: deeds[i] })}\n`).join("");
  writeFileSync(
    join(cwd, "a.jsonl"),
    Buffer.concat([
      Buffer.from(lines({ 0: "kill", 5: "throw", 100: "exit 3" })),
      Buffer.from('{"n": }\n'),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
    ]),
  );
  writeFileSync(join(cwd, "b.jsonl"), lines({ 0: "throw", 5: "exit 0", 6: "kill" }));
  return cwd;
}

async function run(cwd: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runPmap(["-c", "2", "--on-error", "skip", ...args], { cwd });
  assert.equal(code, 0, stderr);
  return stdout;
}

test("rejects that fail again are the same rejects again, round after round", async () => {
  const cwd = twoFiles();
  await run(cwd, ["--errors", "1.rejects", script, "a.jsonl", "b.jsonl"]);
  const first = factsOf(join(cwd, "1.rejects"));
  assert.deepEqual(
    first.map(({ source, line, kind, from }) => [source, line, kind, from]),
    [
      ["a.jsonl", 1, "signal", "jsonl"],
      ["a.jsonl", 6, "throw", "jsonl"],
      ["a.jsonl", 101, "exit", "jsonl"],
      ["a.jsonl", 301, "parse", "jsonl"],
      ["a.jsonl", 302, "parse", "jsonl"],
      ["b.jsonl", 1, "throw", "jsonl"],
      ["b.jsonl", 6, "exit", "jsonl"],
      ["b.jsonl", 7, "signal", "jsonl"],
    ],
  );
  for (const [before, after] of [
    [1, 2],
    [2, 3],
  ]) {
    await run(cwd, ["--from", "rejects", "--errors", `${after}.rejects`, script, `${before}.rejects`]);
    assert.deepEqual(factsOf(join(cwd, `${after}.rejects`)), first);
  }
});

test("a script sees a reject's own source and offset, and what it makes of it comes out in their order", async () => {
  const cwd = twoFiles();
  await run(cwd, ["--errors", "1.rejects", script, "a.jsonl", "b.jsonl"]);
  const stdout = await run(cwd, ["-f", "rejects", "-e", "(r, ctx) => [ctx.source, ctx.offset, r.n]", "1.rejects"]);
  const records = factsOf(join(cwd, "1.rejects")).filter(({ kind }) => kind !== "parse");
  assert.equal(
    stdout,
    records.map(({ source, offset, record }) => `${JSON.stringify([source, offset, JSON.parse(record).n])}\n`).join(""),
  );
  for (const { source, offset, record } of records) {
    const bytes = readFileSync(join(cwd, source));
    assert.equal(bytes.subarray(offset, offset + Buffer.byteLength(record)).toString(), record);
  }
});

test("of a record that is too long only the beginning is kept, and never mapped as if it were all", async () => {
  const cwd = mkdtempSync(join(folder, "long-"));
  writeFileSync(join(cwd, "in.txt"), `short\n${"long".repeat(1000)}\nlast\n`);
  const stdout = await run(cwd, ["--max-record", "1K", "--errors", "1.rejects", "-e", "_", "-t", "text", "in.txt"]);
  assert.equal(stdout, "short\nlast\n");
  const [reject] = factsOf(join(cwd, "1.rejects"));
  assert.deepEqual(
    [reject?.kind, reject?.line, reject?.offset, reject?.cut, reject?.from, reject?.record.length],
    ["too-long", 2, 6, true, "text", 1024],
  );
  const again = await run(cwd, ["-f", "rejects", "--errors", "2.rejects", "-e", "_", "1.rejects"]);
  assert.equal(again, "");
  const [still] = factsOf(join(cwd, "2.rejects"));
  assert.deepEqual([still?.source, still?.line, still?.offset, still?.cut], ["in.txt", 2, 6, true]);
});

test("what is kept of a record that is too long depends on nothing but the input", async () => {
  const cwd = mkdtempSync(join(folder, "cut-"));
  const lines = Array.from({ length: 300 }, (_, i) => `${i}`.repeat(i % 7 === 0 ? 40 + i : 2));
  writeFileSync(join(cwd, "in.txt"), `${lines.join("\n")}\n${"x".repeat(3000)}\n`);
  const long = [...lines.filter((line) => line.length > 100), "x".repeat(1024)];
  const args = ["--max-record", "100", "--errors", "errors", "-e", "_", "-t", "text"];
  const ways = [
    ["in.txt"],
    ...["64", "100", "1K", "3K"].map((chunk) => ["--chunk", chunk, "in.txt"]),
    ["--from", "text", "-"],
  ];
  const short = lines.filter((line) => line.length <= 100);
  for (const way of ways) {
    const stdin = readFileSync(join(cwd, "in.txt"));
    const { code, stdout, stderr } = await runPmap(["--on-error", "skip", ...args, ...way], { cwd, stdin });
    assert.deepEqual([code, stdout], [0, short.map((line) => `${line}\n`).join("")], stderr);
    const facts = factsOf(join(cwd, "errors"));
    assert.deepEqual(
      facts.map(({ record }) => record),
      long,
      way.join(" "),
    );
    assert.deepEqual(
      facts.map(({ cut }) => cut === true),
      long.map((line) => line.startsWith("x")),
      way.join(" "),
    );
  }
});

test("records that were too long are the values that they are in their source, and in its lines", async () => {
  const cwd = mkdtempSync(join(folder, "raw-"));
  const long = "x".repeat(100);
  const rows = [`a,b`, `1,2`, `"${long}",5`, `3,${long}`, `"${long}\nand more",""`, `6,7`];
  const elements = [`1`, `[["${long}"],[2]]`, `{"a":["${long}"]}`, `"${long}"`, `["${long}"]`];
  const files: Record<string, string> = {
    "lf.csv": `${rows.join("\n")}\n`,
    "crlf.csv": `${rows.join("\r\n")}\r\n`,
    "returns.csv": `${rows.join("\r\r\n")}`,
    "cr.csv": `${rows.map((row) => row.replaceAll("\n", " ")).join("\r")}\r`,
    "lf.txt": `short\n${long}\n${long}`,
    "crlf.txt": `short\r\n${long}\r\n${long}\r\n`,
    "compact.json": `[${elements.join(",")}]`,
    "pretty.json": `[\n  ${elements.join(",\n  ")}\n]\n`,
    "leading.json": `[ ${elements.join("\n\n , ")} ]\n[${elements.join(",")}\n]`,
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(cwd, name), content);
    const values = (text: string) => text.split("\n").filter((line) => line.includes(long));
    const right = values(await run(cwd, ["-e", "_", "--to", "jsonl", name]));
    for (const input of [
      [name],
      ["--chunk", "64", name],
      ["--from", name.replace(/.*\./, "").replace("txt", "text"), "-"],
    ]) {
      const args = ["--on-error", "skip", "--max-record", "60", "--errors", "errors", "-e", "_", "--to", "jsonl"];
      const { code, stderr } = await runPmap([...args, ...input], { cwd, stdin: content });
      assert.equal(code, 0, stderr);
      const again = await run(cwd, ["-f", "rejects", "-e", "_", "errors"]);
      assert.deepEqual(again.split("\n").filter(Boolean), right, `${name} ${input.join(" ")}`);
      if (name.endsWith(".json"))
        for (const { line, record } of factsOf(join(cwd, "errors")))
          assert.ok(
            content.split("\n")[line - 1]?.includes(record.trim().slice(0, 50)),
            `${name} ${input.join(" ")}: ${line}`,
          );
    }
  }
});

test("an element that is not UTF-8 has the line that it is in", async () => {
  const cwd = mkdtempSync(join(folder, "not-utf8-element-"));
  const content = Buffer.from('[1,\n  {"a":"\xff"},\n 3\n, {"b":"\xfe\\n"},\n\n\n "\xfd"\n]', "latin1");
  writeFileSync(join(cwd, "in.json"), content);
  for (const input of ["in.json", "-"]) {
    const args = ["--from", "json", "--on-error", "skip", "--errors", "errors", "-e", "_", input];
    const { code, stdout, stderr } = await runPmap(args, { cwd, stdin: content });
    assert.deepEqual([code, stdout], [0, "1\n3\n"], stderr);
    assert.deepEqual(
      factsOf(join(cwd, "errors")).map(({ line }) => line),
      [2, 4, 7],
      input,
    );
  }
});

test("code that does not compile leaves an errors file as it was", async () => {
  const cwd = mkdtempSync(join(folder, "kept-"));
  writeFileSync(join(cwd, "in.txt"), "1\n");
  for (const output of [[], ["-o", "out.txt"]]) {
    writeFileSync(join(cwd, "errors"), "kept\n");
    const args = ["--on-error", "skip", "--errors", "errors", "-e", "_.a b", ...output, "in.txt"];
    const { code, stderr } = await runPmap(args, { cwd });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /Cannot compile/);
    assert.equal(readFileSync(join(cwd, "errors"), "utf8"), "kept\n");
  }
});

test("a line that is none of an errors file is a reject at its own place", async () => {
  const cwd = mkdtempSync(join(folder, "foreign-"));
  const entry = { source: "in", line: 1, offset: 0, record: "1", from: "jsonl" };
  const csv = { ...entry, from: "csv", dialect: { columns: ["a"], delimiter: ",", quotes: true, lineEnd: 10 } };
  const none = [
    { n: 1 },
    null,
    7,
    { ...entry, from: "toString" },
    ...["source", "line", "offset", "record", "from"].map((name) => ({ ...entry, [name]: undefined })),
    ...["1", -1, 1.5].flatMap((count) => [
      { ...entry, line: count },
      { ...entry, offset: count },
      { ...entry, sourceIndex: count },
    ]),
    ...["true", 1].flatMap((flag) => [
      { ...entry, base64: flag },
      { ...entry, cut: flag },
    ]),
    ...["1", "abc", "ab=c", "!!!!", "YQ==YQ=="].map((record) => ({ ...entry, from: "text", base64: true, record })),
    ...[{}, [], "a", { ...csv.dialect, columns: "a" }, { ...csv.dialect, delimiter: 1 }].map((dialect) => ({
      ...csv,
      dialect,
    })),
  ];
  // As jq prints a field that is not there.
  const nulls = { base64: null, cut: null, dialect: null, sourceIndex: null };
  const lines = [{ ...entry, ...nulls }, ...none, csv];
  writeFileSync(join(cwd, "some.rejects"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const stdout = await run(cwd, ["-f", "rejects", "--errors", "errors", "-e", "_", "some.rejects"]);
  assert.equal(stdout, '1\n{"a":"1"}\n');
  const facts = factsOf(join(cwd, "errors"));
  assert.deepEqual(
    facts.map(({ source, line, kind }) => [source, line, kind]),
    none.map((_, i) => ["some.rejects", 2 + i, "parse"]),
  );
  for (const { message } of facts) assert.match(message, /no line of an errors file|cannot be read again from/);
});

test("beside a line that is not UTF-8 the others are still records of an errors file", async () => {
  const cwd = mkdtempSync(join(folder, "not-utf8-"));
  const entry = { source: "in", line: 1, offset: 0, record: '{"n":1}', from: "jsonl" };
  const line = Buffer.from(`${JSON.stringify(entry)}\n`);
  writeFileSync(join(cwd, "some.rejects"), Buffer.concat([line, Buffer.from([0x22, 0xff, 0x22, 0x0a]), line]));
  const stdout = await run(cwd, ["-f", "rejects", "--errors", "errors", "-e", "_.n", "some.rejects"]);
  assert.equal(stdout, "1\n1\n");
});
