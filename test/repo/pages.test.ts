import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { isBuiltin } from "node:module";
import type { AddressInfo } from "node:net";
import { delimiter, dirname, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { anchorsOf, commandsOf, commandsOutside, filesOf, linksOf, patternOf, type Shown } from "../support/page.ts";
import { finished, ownRuntime, pmapCommand, startProgram, temporaryFolder } from "../support/run-pmap.ts";

// Each command that the README and the pages of docs/ show is run, in the order of its page: test/support/page.ts says how they
// are written. Each page has a folder of its own that looks like a clone.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();
const all = [
  "README.md",
  "core/README.md",
  ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
].filter((name) => name.endsWith(".md"));
const contents = new Map(all.map((name) => [name, readFileSync(join(root, name), "utf8")]));

// `pmap` and `npx pmap-cli` as programs, so that others (timeout, xargs) can start them.
const bin = join(folder, "bin");
mkdirSync(bin);
const program = pmapCommand.map((word) => `'${word}'`).join(" ");
writeFileSync(join(bin, "pmap"), `#!/bin/sh\nexec ${program} "$@"\n`);
// That npx finds the command is packaging.test.ts's business.
writeFileSync(join(bin, "npx"), `#!/bin/sh\nshift\nexec ${program} "$@"\n`);
for (const name of ["pmap", "npx"]) chmodSync(join(bin, name), 0o755);

function cloneFor(page: string): string {
  const clone = mkdtempSync(join(folder, "clone-"));
  // A copy, because find does not follow a link.
  cpSync(join(root, "examples"), join(clone, "examples"), { recursive: true });
  for (const name of ["node_modules", "README.md", "CHANGELOG.md", "LICENSE"])
    symlinkSync(join(root, name), join(clone, name));
  for (const [name, text] of filesOf(page)) writeFileSync(join(clone, name), text);
  return clone;
}

/** A service that a page may ask: it knows every airport, and refuses each third of them once. */
const asked = new Set<string>();
const service = createServer(({ url = "" }, response) => {
  if (!asked.has(url) && asked.add(url).size % 3 === 0) {
    response.writeHead(429, { "retry-after": "0" }).end();
    return;
  }
  response.end(JSON.stringify({ code: url.slice(-3), name: `Airport ${url.slice(-3)}` }));
});
before(() => new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve)));
after(() => service.close());

// What a command does on each runtime is tested elsewhere: that a page is right, one of them tells.
for (const page of ownRuntime === "node" ? all : ["README.md"]) {
  const text = contents.get(page) ?? "";
  const clone = cloneFor(text);
  for (const shown of commandsOf(text)) {
    const skip = shown.needs !== undefined && !isBuiltin(shown.needs) && `This runtime has no ${shown.needs}`;
    test(`${page}: ${shown.command}`, { skip }, () => assertWorks(shown, clone));
  }
}

async function assertWorks({ command, printed, status }: Shown, cwd: string): Promise<void> {
  const PATH = [bin, process.env.PATH, join(root, "node_modules/.bin")].join(delimiter);
  const API = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const { code, stdout, stderr } = await finished(startProgram(["sh", "-c", command], { cwd, env: { PATH, API } }), "");
  assert.equal(code, status, stderr);
  // A failure stands behind what was printed before it; else the summary is left out where there is output.
  const lines = (stdout === "" || status !== 0 ? stdout + stderr : stdout).split("\n");
  for (const [i, line] of printed.entries()) assert.match(lines[i] ?? "", patternOf(line), stdout + stderr);
}

test("no page shows a command in a block that is neither run nor says that it is not", () => {
  for (const [page, text] of contents) assert.deepEqual(commandsOutside(text), [], page);
});

test("each link of a page leads to a file, and to a heading in it", () => {
  for (const [page, text] of contents) {
    for (const link of linksOf(text)) {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : relative(root, join(root, dirname(page), path));
      assert.ok(existsSync(join(root, target)), `${page}: ${link}`);
      if (anchor === undefined) continue;
      const headings = anchorsOf(contents.get(target) ?? readFileSync(join(root, target), "utf8"));
      assert.ok(headings.has(anchor), `${page}: ${link}`);
    }
  }
});

test("the README leads to each page of the docs", () => {
  const linked = new Set(linksOf(contents.get("README.md") ?? "").map((link) => link.split("#")[0]));
  assert.deepEqual(
    all.filter((page) => page.startsWith("docs/") && !linked.has(page)),
    [],
  );
});
