import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fixture, runPmap, temporaryFolder } from "../cli/run-pmap.ts";

const folder = temporaryFolder();
const scripts = join(folder, "scripts");
mkdirSync(scripts);
copyFileSync(fixture("tries_to_break_out.ts"), join(scripts, "script.ts"));
symlinkSync("/etc/passwd", join(scripts, "link-out"));
writeFileSync(join(folder, "outside.ts"), "export const secret = 1;\n");
writeFileSync(join(folder, "one.jsonl"), "{}\n");

test("a sandboxed script reaches nothing but its folder and its input", async () => {
  let visits = 0;
  const server = createServer((_, response) => {
    visits++;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const args = ["--sandbox", "--runtime", "deno", "scripts/script.ts", "one.jsonl", "--", String(port)];
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder });
  server.close();
  assert.equal(code, 0, stderr);
  const outcomes = JSON.parse(stdout) as Record<string, string>;
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(["refused"]), stdout);
  assert.equal(visits, 0);
  assert.equal(existsSync(join(scripts, "broken-out.txt")), false);
});

test("a sandboxed job reads stdin and files, and writes files", async () => {
  const args = ["--sandbox", "--runtime", "deno", "-e", "_.n", "-", "two.jsonl", "-o", "out.jsonl"];
  writeFileSync(join(folder, "two.jsonl"), '{"n":2}\n');
  const { code, stderr } = await runPmap(args, { cwd: folder, stdin: '{"n":1}\n' });
  assert.equal(code, 0, stderr);
  const { stdout } = await runPmap(["-e", "_", "out.jsonl"], { cwd: folder });
  assert.equal(stdout, "1\n2\n");
});

test("a sandboxed job may have nothing to read but stdin", async () => {
  const args = ["--sandbox", "--runtime", "deno", "-e", "_.n"];
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder, stdin: '{"n":1}\n' });
  assert.deepEqual([code, stdout, stderr], [0, "1\n", ""]);
});

for (const runtime of ["node", "bun"]) {
  test(`${runtime} cannot keep what a sandbox promises, and says who can`, async () => {
    const { code, stderr } = await runPmap(["--sandbox", "--runtime", runtime, "-e", "_", "one.jsonl"], {
      cwd: folder,
    });
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^pmap: Cannot use --sandbox with ${runtime}: .*\nUse --runtime deno\n$`));
  });
}
