import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { bgzf } from "../support/members.ts";
import { fixture, runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = realpathSync(temporaryFolder());
const scripts = join(folder, "scripts");
const elsewhere = join(folder, "elsewhere");
mkdirSync(join(scripts, "inner"), { recursive: true });
mkdirSync(elsewhere);
copyFileSync(fixture("tries_to_break_out.ts"), join(scripts, "script.ts"));
for (const name of ["secret.txt", "secret.json", "elsewhere/secret.txt"])
  writeFileSync(join(folder, name), '"secret"\n');
writeFileSync(join(folder, "outside.ts"), "export const secret = 1;\n");
writeFileSync(join(folder, "outside-thread.ts"), "postMessage(1);\n");
writeFileSync(join(scripts, "imports-outside.ts"), 'import "../outside.ts";\n');
writeFileSync(
  join(scripts, "imports-json.ts"),
  'import secret from "../secret.json" with { type: "json" };\nexport { secret };\n',
);
writeFileSync(join(scripts, "addon.node"), "");
writeFileSync(join(folder, "one.jsonl"), "{}\n");
for (const [name, target] of [
  ["link-out", "/etc/passwd"],
  ["folder-out", elsewhere],
  ["relative-out", "../secret.txt"],
  ["chain", "inner/../relative-out"],
  ["code-out.ts", "../outside.ts"],
  ["self", "."],
  ["inner/back", ".."],
  ["inner/other", "../deep"],
  ["new-link-to-nothing", "nowhere"],
]) {
  symlinkSync(target as string, join(scripts, name as string));
}
mkdirSync(join(scripts, "deep"));
symlinkSync(elsewhere, join(scripts, "deep/out"));

test("a sandboxed script reaches nothing but its folder and its input", async () => {
  let visits = 0;
  const server = createServer((_, response) => {
    visits++;
    response.end();
  });
  server.on("connection", () => visits++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const before = namesBelow(folder);
  const args = ["--sandbox", "--runtime", "deno", "scripts/script.ts", "one.jsonl", "--", String(port)];
  // What Deno itself would keep for a script goes here.
  const home = join(folder, "home");
  mkdirSync(home);
  const env = { HOME: home, DENO_DIR: join(home, "deno"), TMPDIR: join(home, "tmp") };
  const { code, stdout, stderr } = await runPmap([...args, join(elsewhere, "secret.txt")], { cwd: folder, env });
  server.closeAllConnections();
  server.close();
  assert.equal(code, 0, stderr);
  const outcomes = Object.entries(JSON.parse(stdout) as Record<string, string>);
  assert.ok(outcomes.length > 115);
  assert.deepEqual(
    outcomes.filter(([, outcome]) => outcome !== "refused"),
    [],
  );
  assert.equal(visits, 0);
  assert.deepEqual(
    namesBelow(folder).filter((name) => !name.startsWith(home)),
    before,
  );
  // The coordinator's runtime keeps there what it has compiled; nothing may be the script's.
  assert.deepEqual(
    namesBelow(home).filter((name) => /location_data|gen\/data/.test(name)),
    [],
  );
});

test("a sandboxed job reads stdin and files, and writes files", async () => {
  const args = ["--sandbox", "--runtime", "deno", "-e", "_.n", "-", "two.jsonl", "-o", "out.jsonl"];
  writeFileSync(join(folder, "two.jsonl"), '{"n":2}\n');
  const { code, stderr } = await runPmap(args, { cwd: folder, stdin: '{"n":1}\n' });
  assert.equal(code, 0, stderr);
  const { stdout } = await runPmap(["-e", "_", "out.jsonl"], { cwd: folder });
  assert.equal(stdout, "1\n2\n");
});

test("a sandboxed job reads a compressed file by ranges", async () => {
  const lines = Array.from({ length: 9000 }, (_, i) => `${i}\n`).join("");
  writeFileSync(join(folder, "many.jsonl.gz"), bgzf(lines, 1001));
  const args = ["--sandbox", "--runtime", "deno", "-e", "_", "many.jsonl.gz", "-o", "many"];
  const { code, stderr } = await runPmap(args, { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(readFileSync(join(folder, "many"), "utf8"), lines);
});

test("what the sandbox refuses is told in pmap's words", async () => {
  writeFileSync(join(scripts, "reads.ts"), 'export default () => Deno.readTextFileSync("/etc/passwd");\n');
  const args = ["--sandbox", "--runtime", "deno", "scripts/reads.ts", "one.jsonl"];
  const { code, stderr } = await runPmap(args, { cwd: folder });
  assert.equal(code, 1);
  const says = 'one.jsonl:1: map threw NotCapable: --sandbox does not allow read access to "/etc/passwd"';
  assert.equal(stderr.split("\n")[0], `pmap: ${says}`);
});

test("of folders called node_modules a sandboxed script can import modules and JSON, wherever they are, and read nothing", async () => {
  const packages = join(elsewhere, "node_modules");
  mkdirSync(packages);
  writeFileSync(join(packages, "data.json"), '"secret"');
  symlinkSync("../secret.txt", join(packages, "link.json"));
  const source = `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const tried = (attempt) => { try { return attempt(); } catch { return "refused"; } };
export default (name) => [tried(() => require(name)), tried(() => Deno.readTextFileSync(name))];
`;
  writeFileSync(join(scripts, "requires.ts"), source);
  const names = ["node_modules/data.json", "node_modules/link.json", "secret.txt"].map((name) => join(elsewhere, name));
  writeFileSync(join(folder, "names.jsonl"), names.map((name) => `${JSON.stringify(name)}\n`).join(""));
  const args = ["--sandbox", "--runtime", "deno", "scripts/requires.ts", "names.jsonl"];
  const { stdout, stderr } = await runPmap(args, { cwd: folder });
  const refused = '["refused","refused"]\n';
  assert.equal(stdout, `["secret","refused"]\n${refused}${refused}`, stderr);
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

/** Everything in a folder; links are not followed. */
function namesBelow(at: string): string[] {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    return entry.isDirectory() ? [path, ...namesBelow(path)] : [path];
  });
}
