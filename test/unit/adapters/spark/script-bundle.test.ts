// A script for a cluster is one file; where it fails, the user's own files are named.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { bundleScript } from "../../../../adapters/spark/script-bundle.ts";
import { framesOf } from "../../../../adapters/spark/script-frames.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

const folder = temporaryFolder();
let bundles = 0;

/** Each where no module has been loaded from yet. */
function newBundle(): string {
  const out = join(folder, String(bundles++), "pmap-job/script");
  mkdirSync(out, { recursive: true });
  return join(out, "script.mjs");
}

function write(name: string, code: string): string {
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

/** What the bundle's default export throws, as its frame says, and as the user is told. */
async function thrownBy(path: string, names: "by URL" | "by path"): Promise<{ raw: string; told: string }> {
  const out = newBundle();
  const frames = framesOf(bundleScript(pathToFileURL(path).href, out), names);
  const script = (await import(pathToFileURL(out).href)) as {
    default: (record: string) => unknown;
  };
  try {
    script.default("x");
  } catch (error) {
    const raw = `${(error as Error).stack}`.split("\n").slice(1, 3).join("\n");
    return { raw, told: frames.text(raw) };
  }
  return assert.fail("it does not throw");
}

test("a script of one file keeps the names of its functions, and its lines are those of its file", async () => {
  const path = write(
    "one.ts",
    "type R = string;\n\nexport default function map(r: R): never {\n  throw new Error(r);\n}\n",
  );
  const { told } = await thrownBy(path, "by path");
  assert.match(told.split("\n")[0] ?? "", new RegExp(`at (Module\\.)?map \\(${path}:4:`));
});

test("modules and packages are inside, and each frame names the file that it comes from", async () => {
  mkdirSync(join(folder, "node_modules/pkg"), { recursive: true });
  write("node_modules/pkg/package.json", '{"name":"pkg","main":"index.js"}');
  write(
    "node_modules/pkg/index.js",
    "const fs = require('fs');\nmodule.exports = (r) => { throw new TypeError(typeof fs.readFileSync + r); };\n",
  );
  const path = write(
    "two.ts",
    'import fail from "pkg";\n\nexport default (r: string) => {\n  const all = [fail(r)];\n  return all;\n};\n',
  );
  const { raw, told } = await thrownBy(path, "by URL");
  assert.doesNotMatch(raw, /two\.ts/);
  const [first = "", second = ""] = told.split("\n");
  assert.match(first, /node_modules\/pkg\/index\.js:2:/);
  assert.match(second, new RegExp(`at default \\(${pathToFileURL(path).href}:4:|at .*${pathToFileURL(path).href}:4:`));
});

test("a default export that is a generator has the name that it has alone", async () => {
  write("reason.ts", 'export const reason = "no";\n');
  const code = 'import { reason } from "./reason.ts";\nexport default function* () {\n  throw new Error(reason);\n}\n';
  const path = write("generator.ts", code);
  const out = newBundle();
  const { text } = framesOf(bundleScript(pathToFileURL(path).href, out), "by path");
  const { default: map } = (await import(pathToFileURL(out).href)) as { default: () => Iterator<never> };
  const told = (error: unknown) => {
    assert.doesNotMatch(text(String((error as Error).stack)), /generator_default/);
    return true;
  };
  assert.throws(() => map().next(), told);
});

test("what cannot go along is told with its place", () => {
  const path = write("bad.ts", 'import x from "./nowhere.ts";\nexport default () => x;\n');
  assert.throws(() => bundleScript(pathToFileURL(path).href, newBundle()), {
    name: "UsageError",
    message: new RegExp(`^Cannot send "${path}" to a cluster: .*\n.*bad\\.ts:1: Could not resolve "\\./nowhere\\.ts"`),
  });
});

test("a text without a place in the bundle stays as it is", () => {
  const { text } = framesOf(
    bundleScript(pathToFileURL(write("none.ts", "export default 1")).href, newBundle()),
    "by path",
  );
  assert.equal(
    text("at x (/home/a/script.mjs:1:2)\nat y_default (/b.ts:1:1)"),
    "at x (/home/a/script.mjs:1:2)\nat y_default (/b.ts:1:1)",
  );
});
