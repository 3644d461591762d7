import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// What the README says of installing the command, done with the packed package: beside procps' pmap, and without installing it.

const root = fileURLToPath(new URL("../..", import.meta.url));
const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

if (runtime === "node") testInstall();
else test("installing is tested under node only", () => assert.notEqual(runtime, "node"));

function testInstall() {
  let folder: string;
  let tarball: string;
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund"];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pmap-install-"));
    const pack = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
    const [{ filename }] = JSON.parse(pack) as [{ filename: string }];
    tarball = join(folder, filename);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test("npm installs nothing over another program called pmap; the README's way installs both commands beside it", async () => {
    const usr = join(folder, "usr");
    const theirs = join(usr, "bin/pmap");
    await mkdir(join(usr, "bin"), { recursive: true });
    await writeFile(theirs, "#!/bin/sh\necho procps\n", { mode: 0o755 });
    await assert.rejects(run("npm", ["install", "-g", "--prefix", usr, ...quiet, tarball], folder), /EEXIST/);
    assert.deepEqual(await readdir(join(usr, "bin")), ["pmap"]);

    const readme = await readFile(join(root, "README.md"), "utf8");
    const [, flags = ""] = /^\$ npm install (.*) pmap-cli +# if npm says EEXIST$/m.exec(readme) ?? [];
    assert.equal(flags, "-g --prefix ~/.local");
    const ours = join(folder, "home/.local");
    await run("npm", ["install", ...flags.replace("~/.local", ours).split(" "), ...quiet, tarball], folder);
    for (const command of ["pmap", "pmap-cli"])
      assert.equal(await run(join(ours, "bin", command), ["--range", "1..3", "-e", "_ * 2"], folder), "2\n4\n6\n");
    assert.equal(await run(theirs, [], folder), "procps\n");
  });

  test("npx runs the packed command in an empty folder", async () => {
    const empty = join(folder, "empty");
    await mkdir(empty);
    const npx = ["--yes", "--prefer-offline", "--package", tarball, "--", "pmap-cli"];
    const out = await run("npx", [...npx, "--range", "1..3", "-e", "_ * 2"], empty);
    assert.equal(out, "2\n4\n6\n");
  });
}

/** Runs a command with this same Node first on the PATH, and returns its stdout. */
async function run(command: string, args: string[], cwd: string): Promise<string> {
  const path = [join(process.execPath, ".."), process.env.PATH].join(delimiter);
  return (await promisify(execFile)(command, args, { cwd, env: { ...process.env, PATH: path } })).stdout;
}
