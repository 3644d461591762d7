import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

// --timeout is about records: what takes long and is no record's work has all the time it takes.

const folder = temporaryFolder();
// Every getter of a group is read many times: the first two reads are enough.
const slowly = `let reads = 0;
const slowly = (value) => {
  const end = Date.now() + (reads++ < 2 ? 1200 : 0);
  while (Date.now() < end);
  return value;
};`;

const slow: [what: string, source: string, wanted: string][] = [
  ["a finish", "export const reduce = (a, b) => a + b;\nexport const finish = slowly;", "3\n"],
  ["a merge", "export const reduce = (a, b) => a + b;\nexport const merge = (a, b) => slowly(a + b);", "3\n"],
  [
    "the sorting and writing of groups",
    `export const key = () => 0;
export const reduce = () => new Proxy({ n: 1 }, { get: (o, name) => name === "n" ? slowly(1) : o[name] });
export const initial = () => ({});
export const merge = (a) => a;`,
    '{"key":0,"value":{"n":1}}\n',
  ],
  [
    "the merging of groups",
    "export const key = () => 0;\nexport const reduce = (a, b) => a + b;\nexport const finish = slowly;",
    "3\n",
  ],
];

for (const [what, source, wanted] of slow) {
  for (const concurrency of ["synchronous", "asynchronous"]) {
    test(`${what} may take longer than --timeout (${concurrency})`, async () => {
      const cwd = mkdtempSync(join(folder, "slow-"));
      const map = `export default ${concurrency === "synchronous" ? "" : "async "}(n) => n;`;
      writeFileSync(join(cwd, "script.mjs"), `${slowly}\n${source}\n${map}\n`);
      writeFileSync(join(cwd, "in.jsonl"), "1\n2\n");
      // A chunk for each record.
      const args = [
        "-c",
        "1",
        "--progress",
        "off",
        "--retries",
        "0",
        "--timeout",
        "400ms",
        "--chunk",
        "2",
        "script.mjs",
        "in.jsonl",
      ];
      const { code, stdout, stderr } = await runPmap(args, { cwd });
      assert.deepEqual([code, stdout, stderr], [0, wanted, ""]);
    });
  }
}
