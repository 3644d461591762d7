// --encoding: the same records as of the text in UTF-8, in each format, from a file and from a pipe.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const text = Array.from({ length: 20_000 }, (_, i) => `${i},Zoë "${i % 7}",${"é".repeat(i % 30)}\n`).join("");
const csv = `id,name,more\n${text}`;

function utf16(order: "le" | "be", mark: boolean): Buffer {
  const bytes = Buffer.from((mark ? "\ufeff" : "") + csv, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
}

for (const [encoding, bytes] of [
  ["windows-1252", Buffer.from(csv, "latin1")],
  ["latin1", Buffer.from(csv, "latin1")],
  ["utf-16", utf16("le", true)],
  ["utf-16", utf16("be", true)],
  ["utf-16le", utf16("le", false)],
  ["utf-16be", utf16("be", false)],
  ["utf-8", Buffer.from(csv)],
] as const) {
  test(`${encoding} gives what the same text gives in UTF-8, ${bytes[0]} ${bytes[1]}`, async () => {
    writeFileSync(join(folder, "in.csv"), bytes);
    const args = ["--encoding", encoding, "-e", "_"];
    const expected = await runPmap(["-e", "_", "--from", "csv"], { cwd: folder, stdin: csv });
    const read = await runPmap([...args, "in.csv"], { cwd: folder });
    const piped = await runPmap([...args, "--from", "csv"], { cwd: folder, stdin: bytes });
    for (const { code, stdout, stderr } of [read, piped]) {
      assert.deepEqual([code, stderr], [0, ""]);
      assert.ok(stdout === expected.stdout);
    }
  });
}

test("what is not in the encoding is an error behind the records before it, and a name that is none is refused", async () => {
  writeFileSync(join(folder, "cut.txt"), Buffer.from("one\ntwo\n", "utf16le").subarray(0, 15));
  const cut = await runPmap(["--encoding", "utf-16le", "--from", "text", "-e", "_", "cut.txt"], { cwd: folder });
  assert.deepEqual([cut.code, cut.stdout], [1, '"one"\n']);
  assert.equal(cut.stderr, 'pmap: Cannot read "cut.txt": it is not utf-16le (it ends inside a character)\n');
  const unknown = await runPmap(["--encoding", "klingon", "-e", "_"], { cwd: folder });
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Cannot use --encoding "klingon": expected a name such as windows-1252, utf-16/);
});

test("the first record that is not UTF-8 says what to add", async () => {
  for (const [bytes, says] of [
    [Buffer.from('\ufeff{"a":1}\n', "utf16le"), /It is UTF-16: add --encoding utf-16\n/],
    [Buffer.from('{"a":"é"}\n', "latin1"), /Is it another encoding\? Add it: --encoding windows-1252\n/],
  ] as const) {
    const { code, stderr } = await runPmap(["-e", "_"], { cwd: folder, stdin: bytes });
    assert.equal(code, 1);
    assert.match(stderr, says);
  }
});
