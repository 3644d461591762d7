import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

// A script may change its folder: what the user has named stays where it is.

const folder = temporaryFolder();
const lines = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join("");
const sums = Array.from({ length: 7 }, (_, key) => {
  let value = 0;
  for (let n = 1; n <= 20_000; n++) if (n % 7 === key) value += n;
  return `${JSON.stringify({ key, value })}\n`;
}).join("");
const grouping = "export const key = (n) => n % 7;\nexport const reduce = (a, b) => a + b;\n";

const jobs: [what: string, more: string, wanted: string][] = [
  ["a map", "", lines],
  ["a keyed reduce", grouping, sums],
];

for (const [what, more, wanted] of jobs) {
  for (const when of ["when it is loaded", "in its setup"]) {
    test(`${what} whose script changes its folder ${when} reads and writes where the user is`, async () => {
      const cwd = mkdtempSync(join(folder, "changes-"));
      mkdirSync(join(cwd, "tmp"));
      const change = when === "in its setup" ? 'export const setup = () => process.chdir("/");' : 'process.chdir("/");';
      writeFileSync(join(cwd, "script.mjs"), `${change}\n${more}export default (n) => n;\n`);
      writeFileSync(join(cwd, "in.jsonl"), lines);
      const args = ["-c", "2", "--chunk", "16K", "script.mjs", "in.jsonl"];
      const [toStdout, toFile] = await Promise.all(
        [[], ["-o", "out.jsonl"]].map((output) => runPmap([...output, ...args], { cwd, env: { TMPDIR: "tmp" } })),
      );
      assert.deepEqual([toStdout?.code, toStdout?.stderr, toFile?.code, toFile?.stderr], [0, "", 0, ""]);
      assert.ok(toStdout?.stdout === wanted);
      assert.ok(readFileSync(join(cwd, "out.jsonl"), "utf8") === wanted);
    });
  }
}

test("an output that is gone when a worker opens it is an error that names it, and no fault of the setup", async () => {
  const cwd = mkdtempSync(join(folder, "gone-"));
  const source = `
import { rmSync } from "node:fs";
export default (n) => { if (n === 1) rmSync(".out.pmap"); return n; };
`;
  writeFileSync(join(cwd, "script.mjs"), source);
  writeFileSync(join(cwd, "in.jsonl"), lines);
  // The second worker starts after the first one's record.
  const args = ["-c", "1", "--recycle", "1", "--chunk", "16K", "script.mjs", "in.jsonl", "-o", "out"];
  const { code, stderr } = await runPmap(args, { cwd });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: Cannot write "[^"]*out[^"]*": [^\n]+\n$/);
  assert.equal(existsSync(join(cwd, "out")), false);
});
