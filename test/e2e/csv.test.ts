// CSV, in and out: right at every border, from a file and from a pipe, at any number of cores.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixture, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();

async function pmap(args: readonly string[], stdin = ""): Promise<string> {
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder, stdin });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** What each of the odd files gives: lines of output, then what is said. */
const ODD: Readonly<Record<string, { args?: readonly string[]; out: readonly string[]; says?: RegExp }>> = {
  "01-quoted-newline": { out: ['{"a":"1","b":"x\\ny"}', '{"a":"2","b":"z"}'] },
  "03-cr-only": { out: ['{"a":"1","b":"2"}', '{"a":"3","b":"4"}'] },
  "05-bom": { out: ['{"a":"1","b":"2"}'] },
  "07-short-row": {
    out: ['{"a":"3","b":"4","c":"5"}'],
    says: /07-short-row\.csv:2: .*it has 2 fields, and the header has 3/,
  },
  "09-trailing-delim": {
    out: ['{"a":"1","b":"2","column_3":""}', '{"a":"3","b":"4","column_3":""}'],
    says: /they are column_3/,
  },
  "11-dup-header": { out: ['{"id":"1","name":"x","id_2":"2"}'], says: /they are id_2/ },
  "13-blank-lines": { out: ['{"a":"1","b":"2"}', '{"a":"3","b":"4"}'] },
  "15-quote-mid": { out: ['{"a":"5\\" pipe","b":"2"}', '{"a":"3","b":"4"}'] },
  "17-after-quote": { out: ['{"a":"3","b":"4"}'], says: /:2: .*field 1 goes on behind its closing quote/ },
  "19-unterminated": { out: [], says: /:2: .*the quote that opens field 2 is not closed/ },
  "21-leading-zero": { args: ["--types", "auto"], out: ['{"zip":"00501","n":1}', '{"zip":"02139","n":2}'] },
  "23-bool-null": {
    args: ["--types", "auto"],
    out: ['{"a":true,"b":"NULL","c":null}', '{"a":false,"b":"NA","c":"nan"}'],
  },
  "25-decimal-comma": { args: ["--delimiter", ";"], out: ['{"a":"1,5","b":"2"}', '{"a":"3,25","b":"4"}'] },
  "27-nul": { out: ['{"a":"1","b":"x\\u0000y"}', '{"a":"2","b":"z"}'] },
  "29-comment-in-data": { out: ['{"a":"#1","b":"2"}', '{"a":"3","b":"4"}'] },
  "31-header-only": { out: [] },
  "33-no-final-newline": { out: ['{"a":"1","b":"2"}', '{"a":"3","b":"4"}'] },
  "37-pipe": { args: ["--delimiter", "|"], out: ['{"a":"1","b":"2"}', '{"a":"3","b":"4"}'] },
  "39-proto": { out: ['{"__proto__":"1","constructor":"2","toString":"3"}'] },
  "30-comments": {
    args: ["--comment", "#"],
    out: ['{"a":"1","b":"x\\n# no comment"}', '{"a":"#2","b":"y"}', '{"a":" #3","b":"z"}'],
  },
  "46-spaces": {
    args: ["--trim"],
    out: ['{"a":"1","b":"x, y"}', '{"a":" 2 ","b":""}', '{"a":"3","b":"z"}'],
  },
  "46-spaces-kept": {
    out: ['{"a":"3","b":" z"}'],
    says: /46-spaces-kept\.csv:2: .*it has 3 fields, and the header has 2/,
  },
  "41-preamble": { out: [], says: /41-preamble\.csv:3: .*it has 2 fields, and the header has 1/ },
  "43-dates": {
    args: ["--types", "auto"],
    out: ['{"d":"2024-01-02","t":"10:11:12"}', '{"d":"01/02/2024","t":"2024-01-02T10:11:12Z"}'],
  },
  "45-space-header": { out: ['{" a ":" 1 "," b":" 2"}'] },
  "50-crlf-in-quotes": { out: ['{"a":"1","b":"x\\r\\ny"}'] },
};

for (const [name, { args = [], out, says }] of Object.entries(ODD)) {
  test(`an odd file gives what it should, from a file and from a pipe: ${name}`, async () => {
    const file = fixture(`csv/${name}.csv`);
    const all = ["--on-error", "skip", ...args, "--filter", "() => true"];
    const [read, piped] = await Promise.all([
      runPmap([...all, file], { cwd: folder }),
      runPmap([...all, "--from", "csv"], { cwd: folder, stdin: readFileSync(file) }),
    ]);
    for (const { code, stdout, stderr } of [read, piped]) {
      assert.equal(code, 0, stderr);
      assert.equal(stdout, out.map((line) => `${line}\n`).join(""));
    }
    if (says === undefined) assert.equal(read.stderr, "");
    else assert.match(read.stderr, says);
  });
}

test("a field that begins with a space and a quote fails, and the message names --trim", async () => {
  const { code, stderr } = await runPmap(["-e", "_", fixture("csv/46-spaces-kept.csv")], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stderr, /:2: .*it has 3 fields, and the header has 2\nWith --trim a field may begin/);
});

test("comments are no records for --limit, a reduce and lines, at any cut", async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `${i % 3 === 0 ? `# "${i}\n` : ""}${i},"a\n#${i}"\n`);
  writeFileSync(join(folder, "comments.csv"), `#x\nn,text\n${lines.join("")}`);
  const job = ["--comment", "#", "--chunk", "50", "comments.csv"];
  assert.equal(await pmap(["-e", "+_.n", "--reduce", "(a, b) => a + b", ...job]), `${(2999 * 3000) / 2}\n`);
  assert.equal(await pmap(["-e", "_.text", "--limit", "4", ...job]), [0, 1, 2, 3].map((i) => `"a\\n#${i}"\n`).join(""));
  const failing = await runPmap(["-e", "(r) => { if (r.n === '2000') throw 'x'; return r; }", ...job], { cwd: folder });
  assert.match(failing.stderr, new RegExp(`comments\\.csv:${2 + 2 * 2000 + 667 + 1}: `));
});

test("what is read with --comment and --trim is printed so that it is read back", async () => {
  const rows = '{"a":"#x","b":"\\ty"}\n{"a":" z ","b":"#"}\n';
  const flags = ["--comment", "#", "--trim"];
  const printed = await pmap([...flags, "--to", "csv", "-e", "_"], rows);
  assert.equal(await pmap([...flags, "--from", "csv", "-e", "_"], printed), rows);
});

test("UTF-16 is refused before the first record", async () => {
  const { code, stderr } = await runPmap(["-e", "_", fixture("csv/35-utf16.csv")], { cwd: folder });
  assert.equal(code, 2);
  assert.match(stderr, /35-utf16\.csv": it is UTF-16\nAdd --encoding utf-16/);
});

test("a header whose quotes are not right is refused in a sentence, from a file and from a pipe", async () => {
  const input = 'a,"b"c\n1,2\n';
  writeFileSync(join(folder, "header.csv"), input);
  const says = (name: string) =>
    `pmap: Cannot read the header of "${name}": field 2 goes on behind its closing quote\n`;
  const read = await runPmap(["-e", "_", "header.csv"], { cwd: folder });
  assert.deepEqual([read.code, read.stdout, read.stderr], [2, "", says("header.csv")]);
  const piped = await runPmap(["--from", "csv", "-e", "_"], { cwd: folder, stdin: input });
  assert.deepEqual([piped.code, piped.stdout, piped.stderr], [2, "", says("-")]);
});

/** Rows in which every character that means something stands beside every other. */
const CELLS = ["a", "b,", '"', "\n", "\r\n", "é", "😀", " ", "x".repeat(50), '""', '","', "", '"\n"'];
const rows = Array.from({ length: 4000 }, (_, i) => ({
  id: String(i),
  text: [i, i >> 2, i >> 4].map((n) => CELLS[n % CELLS.length]).join(""),
  other: CELLS[(i * 7) % CELLS.length] as string,
  n: String(1 / (i + 1)),
}));
const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const csv = [["id", "text", "other", "n"], ...rows.map((row) => Object.values(row))]
  .map((cells) => `${cells.map(quote).join(",")}\n`)
  .join("");
writeFileSync(join(folder, "rows.csv"), csv);
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
writeFileSync(join(folder, "rows.jsonl"), jsonl);

for (const args of [
  [],
  ["--chunk", "1"],
  ["--chunk", "100"],
  ["--chunk", "4K", "-c", "3"],
  ["-c", "1"],
  ["--mode", "thread"],
]) {
  test(`quoted line ends stand at every border, and the records are right: ${args.join(" ")}`, async () => {
    assert.ok((await pmap([...args, "-e", "_", "rows.csv"])) === jsonl, "from a file");
    assert.ok((await pmap([...args, "--from", "csv", "-e", "async (r) => r"], csv)) === jsonl, "from a pipe");
  });
}

test("a float sum has the same bits from a file, a pipe, in drops, and at any number of cores", async () => {
  const job = ["-e", "+_.n", "--reduce", "(a, b) => a + b"];
  const one = await pmap(["-c", "1", ...job, "rows.csv"]);
  assert.equal(await pmap(["-c", "3", ...job, "--from", "csv"], csv), one);
  const drops = `dd if=rows.csv bs=333 status=none | pmap -c 2 --from csv -e '+_.n' --reduce '(a, b) => a + b'`;
  assert.equal((await runShell(drops, { cwd: folder })).stdout, one);
});

test("--limit counts records, not lines", async () => {
  for (const n of [0, 1, 2, 999, 4000, 5000]) {
    const expected = rows.slice(0, n).map((row) => `${JSON.stringify(row)}\n`);
    assert.equal(await pmap(["--limit", String(n), "-e", "_", "rows.csv"]), expected.join(""));
    assert.equal(await pmap(["--limit", String(n), "--from", "csv", "-e", "_"], csv), expected.join(""));
  }
});

test("a record that fails is named by its line, and runs again from the errors file", async () => {
  const cwd = mkdtempSync(join(folder, "rejects-"));
  writeFileSync(join(cwd, "in.csv"), 'k;v\n1;"a\nb"\n2;c\n3;"d;e"\n4\n');
  const script = '(r, ctx) => { if (r.k > 1 && !ctx.args.length) throw new Error("no"); return r; }';
  const failed = await runPmap(["--delimiter", ";", "-e", script, "in.csv"], { cwd });
  assert.equal(failed.stderr.split("\n")[0], "pmap: in.csv:4: map threw Error: no");
  const args = ["--on-error", "skip", "--errors", "rejects", "-q"];
  const kept = await runPmap([...args, "--delimiter", ";", "-e", script, "in.csv"], { cwd });
  assert.equal(kept.stdout, '{"k":"1","v":"a\\nb"}\n');
  const lines = readFileSync(join(cwd, "rejects"), "utf8").trim().split("\n");
  assert.deepEqual(
    lines.map((line) => {
      const { source, line: at, record } = JSON.parse(line);
      return [source, at, record];
    }),
    [
      ["in.csv", 4, "2;c"],
      ["in.csv", 5, '3;"d;e"'],
      ["in.csv", 6, "4"],
    ],
  );
  const again = await runPmap(["--from", "rejects", "--ragged", "-e", script, "rejects", "--", "again"], { cwd });
  assert.equal(again.stdout, '{"k":"2","v":"c"}\n{"k":"3","v":"d;e"}\n{"k":"4","v":null}\n', again.stderr);
});

test("a record that takes its worker down is one reject among the others", async () => {
  const map = "(r) => { if (r.id === '777') process.exit(3); return r.id; }";
  const { code, stdout, stderr } = await runPmap(["-c", "2", "--on-error", "skip", "-e", map, "rows.csv"], {
    cwd: folder,
  });
  assert.equal(code, 0, stderr);
  const others = rows.filter(({ id }) => id !== "777").map(({ id }) => `"${id}"\n`);
  assert.equal(stdout, others.join(""));
  const line = csv.slice(0, csv.indexOf("\n777,") + 1).split("\n").length;
  assert.match(stderr, new RegExp(`first: rows\\.csv:${line}: the script called process\\.exit`));
});

test("records that are too long or no UTF-8 are rejects, and the lines behind them are right", async () => {
  const cwd = mkdtempSync(join(folder, "unread-"));
  const bytes = Buffer.concat([
    Buffer.from(`a,b\n1,"${"x\n".repeat(3000)}"\n2,`),
    Buffer.of(0xff, 0xfe),
    Buffer.from('\n3,c\n4\n5,"e'),
  ]);
  writeFileSync(join(cwd, "in.csv"), bytes);
  const args = ["--on-error", "skip", "--errors", "rejects", "--max-record", "1K", "-q", "-e", "_"];
  for (const run of [
    await runPmap([...args, "in.csv"], { cwd }),
    await runPmap([...args, "--from", "csv"], { cwd, stdin: bytes }),
  ]) {
    assert.equal(run.stdout, '{"a":"3","b":"c"}\n', run.stderr);
    const rejects = readFileSync(join(cwd, "rejects"), "utf8").trim().split("\n");
    assert.deepEqual(
      rejects.map((line) => [JSON.parse(line).line, JSON.parse(line).kind]),
      [
        [2, "too-long"],
        [3003, "parse"],
        [3005, "parse"],
        [3006, "parse"],
      ],
    );
  }
});

test("several files have their own headers, also when they are one batch", async () => {
  const cwd = mkdtempSync(join(folder, "several-"));
  writeFileSync(join(cwd, "a.csv"), "x,y\n1,2\n");
  writeFileSync(join(cwd, "b.csv"), "y,x\n3,4");
  writeFileSync(join(cwd, "c.csv"), "");
  writeFileSync(join(cwd, "d.csv"), "z\n5\n6\n");
  const { stdout, stderr } = await runPmap(["-e", "(r, ctx) => [ctx.source, r]", "a.csv", "b.csv", "c.csv", "d.csv"], {
    cwd,
  });
  const expected = [
    '["a.csv",{"x":"1","y":"2"}]',
    '["b.csv",{"y":"3","x":"4"}]',
    '["d.csv",{"z":"5"}]',
    '["d.csv",{"z":"6"}]',
  ];
  assert.deepEqual([stdout, stderr], [expected.map((line) => `${line}\n`).join(""), ""]);
});

test("tabs are tabs, without a header columns are numbered, and --columns makes only some of them", async () => {
  assert.equal(await pmap(["--from", "tsv", "-e", "_"], 'a\tb\n1\t"x\ty"\n'), '{"a":"1","b":"x\\ty"}\n');
  assert.equal(
    await pmap(["--from", "csv", "--no-header", "-e", "_"], "1,2\n3,4\n"),
    '{"_1":"1","_2":"2"}\n{"_1":"3","_2":"4"}\n',
  );
  assert.equal(
    await pmap(["--columns", "other,id", "--limit", "1", "-e", "_", "rows.csv"]),
    '{"other":"a","id":"0"}\n',
  );
  const { code, stderr } = await runPmap(["--columns", "nope", "-e", "_", "rows.csv"], { cwd: folder });
  assert.deepEqual([code, stderr], [2, 'pmap: Cannot use --columns "nope": "rows.csv" has id, text, other, n\n']);
});

test("--quote none takes quotes for characters, in and out, at every border", async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `${i}\t"${i}\t5" x""`);
  const input = `id\t"a\tb\n${lines.join("\n")}\n`;
  const args = ["--from", "tsv", "--quote", "none", "--chunk", "64"];
  const out = await pmap([...args, "-e", "_"], input);
  const expected = lines.map((line) => line.split("\t")).map(([id, a, b]) => JSON.stringify({ id, '"a': a, b }));
  assert.equal(out, `${expected.join("\n")}\n`);
  writeFileSync(join(folder, "raw.tsv"), input);
  assert.equal(await pmap(["--quote", "none", "-e", "_", "raw.tsv", "--to", "tsv"]), input);
  const { code, stderr } = await runPmap(["--quote", "none", "-e", "({ a: 'x,y' })", "--to", "csv"], {
    cwd: folder,
    stdin: "1\n",
  });
  assert.equal(code, 1);
  const why = "a field has a delimiter or a line end in it, and --quote none leaves no way to print it";
  assert.ok(stderr.includes(why), stderr);
  const named = ["--quote", "none", "--columns", 'a,"b,c"', "-e", "_", "--to", "csv"];
  const header = await runPmap(named, { cwd: folder, stdin: "1\n" });
  assert.deepEqual([header.code, header.stderr], [2, `pmap: Cannot print the header: ${why}\n`]);
});

test("--skip passes by lines before the header, and line numbers count them", async () => {
  const input = 'Report "2024\n\na,b\n1,2\n3\n';
  const args = ["--from", "csv", "--skip", "1", "--on-error", "skip", "-e", "_"];
  const { stdout, stderr } = await runPmap(args, { cwd: folder, stdin: input });
  assert.equal(stdout, '{"a":"1","b":"2"}\n');
  assert.match(stderr, /first: -:5: /);
});

for (const args of [[], ["--chunk", "50", "-c", "3"], ["--unordered", "-c", "1"]]) {
  test(`rows that are printed are read back, with one header: ${args.join(" ")}`, async () => {
    // What a slow worker has not begun comes later then, on one core too.
    const ordered = (text: string) => (args.includes("--unordered") ? text.split("\n").sort().join("\n") : text);
    const printed = await pmap([...args, "-e", "_", "--to", "csv", "rows.jsonl"]);
    assert.equal(ordered(await pmap(["--from", "csv", "-e", "_"], printed)), ordered(jsonl));
    await pmap([...args, "-e", "_", "rows.jsonl", "-o", "printed.csv"]);
    for (const other of [
      readFileSync(join(folder, "printed.csv"), "utf8"),
      await pmap([...args, "--filter", "() => true", "rows.csv", "--to", "csv"]),
    ]) {
      assert.equal(other.split("\n", 1)[0], printed.split("\n", 1)[0]);
      assert.equal(ordered(other), ordered(printed));
    }
  });
}

test("columns are those of the first record that is emitted, or of --columns", async () => {
  const input = '{"a":1}\n{"a":2,"b":{"c":[1,"x"]}}\n{"b":null,"a":"x,y"}\n';
  const skipped = await pmap(["-e", "(r) => (r.a === 1 ? undefined : r)", "--to", "csv"], input);
  assert.equal(skipped, 'a,b\n2,"{""c"":[1,""x""]}"\n"x,y",\n');
  assert.equal(await pmap(["--columns", "b,a,z", "-e", "_", "--to", "tsv"], '{"a":1}\n'), "b\ta\tz\n\t1\t\n");
  assert.equal(await pmap(["--columns", "x,y", "-e", "[_.a, 2]", "--to", "csv"], '{"a":1}\n'), "x,y\n1,2\n");
  assert.equal(await pmap(["--columns", "x,y", "-e", "_", "--to", "csv"], ""), "x,y\n");
  assert.equal(await pmap(["-e", "_", "--to", "csv"], ""), "");
  assert.equal(await pmap(["--no-header", "-e", "_", "--to", "csv"], '{"a":1}\n'), "1\n");
  const { code, stderr } = await runPmap(["-e", "_", "--to", "csv"], { cwd: folder, stdin: input });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^pmap: -:2: Cannot print the value: "b" is not among the columns of the first record: name all of them with --columns\n$/,
  );
});

test("a record that cannot be printed does not say what the columns are, and loses no other one", async () => {
  const odd: readonly [first: string, flags: readonly string[]][] = [
    ["{ z: [1n] }", []],
    ["{ a: 1, b: [1n] }", []],
    ['{ a: "x,y", b: 1 }', ["--quote", "none"]],
    ['{ "x,y": 1 }', ["--quote", "none"]],
  ];
  for (const [first, flags] of odd) {
    const map = `(r) => (r === 1 ? ${first} : { a: r })`;
    for (const to of ["csv", "tsv"])
      for (const code of [map, `async ${map}`, `function* (r) { yield (${map})(r); }`]) {
        const args = ["-q", "-c", "2", "--chunk", "8", "--delimiter", ",", "--to", to, ...flags, "-e", code];
        assert.equal(await pmap([...args, "--on-error", "skip"], "1\n2\n3\n4\n5\n6\n"), "a\n2\n3\n4\n5\n6\n", code);
        const { code: status, stdout, stderr } = await runPmap(args, { cwd: folder, stdin: "1\n" });
        assert.deepEqual([status, stdout], [1, ""], code);
        assert.match(stderr, /^pmap: -:1: Cannot print the value: /);
      }
  }
});

test("columns of a script are names, whatever is in them, and a key that is not among them is told so", async () => {
  const code = 'export const options = { to: "csv", columns: ["a,b", "c"] };\nexport default (r) => r;\n';
  writeFileSync(join(folder, "columns.mjs"), code);
  assert.equal(await pmap(["columns.mjs"], '{"a,b":1,"c":2}\n'), '"a,b",c\n1,2\n');
  const { code: status, stderr } = await runPmap(["columns.mjs"], { cwd: folder, stdin: '{"d":1}\n' });
  const says = '"d" is not among the columns of --columns: add it there, or leave it out of the value\n';
  assert.deepEqual([status, stderr], [1, `pmap: -:1: Cannot print the value: ${says}`]);
});

test("a column with nothing in it has as many rows after CSV as before", async () => {
  const input = '{"a":null}\n{"a":""}\n{"a":" "}\n{"a":"x"}\n';
  for (const types of ["text", "auto"]) {
    const printed = await pmap(["--types", types, "-e", "_", "--to", "csv"], input);
    const read = await pmap(["--from", "csv", "--types", types, "-e", "_.a", "--to", "jsonl"], printed);
    assert.equal(read, '""\n""\n" "\n"x"\n', types);
  }
});

test("the results of a reduce are rows, too", async () => {
  const sum = ["--reduce", "(a, b) => a + b", "rows.csv", "--to", "csv"];
  const keyed = await pmap(["--key", "+_.id", "-e", "+_.id", ...sum]);
  assert.equal(keyed, `key,value\n${rows.map(({ id }) => `${id},${id}\n`).join("")}`);
  const one = ["-e", "({ n: 1 })", "--reduce", "(a, b) => ({ n: a.n + b.n })", "rows.csv"];
  assert.equal(await pmap([...one, "--to", "csv"]), "n\n4000\n");
  assert.equal(await pmap([...one, "--to", "csv", "--columns", "x,n"]), "x,n\n,4000\n");
  const named = await pmap(["--columns", "value,key", "--key", "1", "-e", "1", ...sum]);
  assert.equal(named, "value,key\n4000,1\n");
});

test("a flag for CSV where there is none, and a delimiter that cannot be one, are refused", async () => {
  for (const [args, says] of [
    [
      ["--ragged", "-e", "_", "rows.jsonl"],
      "Cannot use --ragged with jsonl: it is for CSV\nSay --from csv, or --to csv",
    ],
    [["--delimiter", "::", "-e", "_", "rows.csv"], 'Cannot use --delimiter "::": expected one ASCII character, or tab'],
    [["--columns", "a,a", "-e", "_", "rows.csv"], 'Cannot use --columns "a,a": "a" is there twice'],
  ] as const) {
    const { code, stderr } = await runPmap(args, { cwd: folder });
    assert.deepEqual([code, stderr], [2, `pmap: ${says}\n`]);
  }
});

test("a header in another encoding is told, and not read as something else", async () => {
  const content = Buffer.from("\xe9,b\n1,x\n", "latin1");
  writeFileSync(join(folder, "latin.csv"), content);
  const told =
    'Cannot read the header of "latin.csv": it is not UTF-8\nIs it another encoding? Add it: --encoding windows-1252';
  const { code, stdout, stderr } = await runPmap(["-e", "_", "latin.csv"], { cwd: folder });
  assert.deepEqual([code, stdout, stderr], [2, "", `pmap: ${told}\n`]);
  assert.equal(await pmap(["--encoding", "windows-1252", "-e", "_", "latin.csv"]), '{"é":"1","b":"x"}\n');
});

test("a comment is passed by, whatever is in it", async () => {
  writeFileSync(join(folder, "comments.csv"), Buffer.from("a\n# caf\xe9\n1\n# \xff\n2,3\n", "latin1"));
  const { stdout, stderr } = await runPmap(["--comment", "#", "-e", "_", "comments.csv"], { cwd: folder });
  assert.equal(stdout, '{"a":"1"}\n');
  assert.match(stderr, /^pmap: comments\.csv:5: Cannot parse the record: it has 2 fields/);
});

test("blanks are fields: a row of nothing else is none that is passed by", async () => {
  for (const [from, input, fields] of [
    ["tsv", "a\tb\n\t\t\n1\t2\n", "3 fields"],
    ["csv", "a,b\n \n1,2\n", "1 field"],
    ["csv", "a,b\n\u00a0\n1,2\n", "1 field"],
  ] as const) {
    for (const limit of [[], ["--limit", "1"]]) {
      const { code, stderr } = await runPmap(["--from", from, ...limit, "-e", "_"], { stdin: input });
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^pmap: -:2: Cannot parse the record: it has ${fields},`));
    }
  }
});

test("behind a record that is too long lines are counted on, from a file and a pipe", async () => {
  const long = "x".repeat(300_000);
  const content = `a,b\n1,"${long}\n${long}\n"\n2\n2,${long}\n3\n4,y\n`;
  writeFileSync(join(folder, "long.csv"), content);
  const args = ["-q", "--on-error", "skip", "--max-record", "100K", "--errors"];
  assert.equal(await pmap([...args, "here", "-e", "_.a", "long.csv"]), '"4"\n');
  assert.equal(await pmap([...args, "piped", "--from", "csv", "-e", "_.a"], content), '"4"\n');
  for (const errors of ["here", "piped"]) assert.equal(await pmap(["-e", "_.line", errors]), "2\n5\n6\n7\n", errors);
});

test("fields too many take no column's name", async () => {
  const ragged = ["--from", "csv", "--ragged", "-e", "_"];
  assert.equal(await pmap(ragged, "_2\n1,2\n"), '{"_2":"1","_2_2":"2"}\n');
  assert.equal(await pmap(ragged, "_3,b\n1,2,3\n"), '{"_3":"1","b":"2","_3_2":"3"}\n');
});

test("what every object has is no field of a row, and a delimiter in a number or a word is quoted", async () => {
  const inherited = '{"a":1,"__proto__":2,"toString":3}\n{"a":4}\n';
  assert.equal(await pmap(["--to", "csv", "-e", "r => r"], inherited), "a,__proto__,toString\n1,2,3\n4,,\n");
  for (const [delimiter, row] of [
    [".", '"1.5".true.x\n'],
    ["e", '1.5e"true"ex\n'],
    ["1", '"1.5"1true1x\n'],
  ] as const)
    assert.equal(
      await pmap([
        "--range",
        "1..1",
        "--to",
        "csv",
        "--no-header",
        "--delimiter",
        delimiter,
        "-e",
        "[1.5, true, 'x']",
        "--columns",
        "a,b,c",
      ]),
      row,
    );
});

test("a long header is not looked at again for each piece of a pipe", async () => {
  const { stderr } = await runPmap(["--from", "csv", "-e", "_"], { stdin: `"a,b${"x,y\n".repeat(4_000_000)}` });
  assert.match(stderr, /^pmap: Cannot read the header of "-": the quote that opens field 1 is not closed/);
});
