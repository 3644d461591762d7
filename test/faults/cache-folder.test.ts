import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownRuntime, runPmap, temporaryFolder } from "../support/run-pmap.ts";

// What is in a cache of code is run: pmap uses one only where no other user can have put anything into it.

const folder = realpathSync(temporaryFolder());
const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const hasCache = ownRuntime === "node" && "enableCompileCache" in process.getBuiltinModule("node:module");
const skip = hasCache ? {} : { skip: "this runtime has no such cache" };
const asRoot = !isRoot ? { skip: "needs root, to make another user's folders" } : skip;

test("the cache is made for its user alone, whatever the umask, and used", skip, async () => {
  for (const umask of [0, 0o022, 0o077]) {
    const home = newHome();
    const before = process.umask(umask);
    const used = await isUsed(home);
    process.umask(before);
    assert.ok(used);
    assert.equal(lstatSync(join(home, ".cache")).mode & 0o777, 0o700);
    assert.equal(lstatSync(join(home, ".cache/pmap")).mode & 0o777, 0o700);
    assert.ok(await isUsed(home), "it is used again");
  }
});

const safe: [what: string, make: (home: string) => void][] = [
  ["that others can read", (home) => makeCache(home, 0o755)],
  [
    "below a link of the user's",
    (home) => {
      mkdirSync(join(home, "disk"), { mode: 0o755 });
      symlinkSync("disk", join(home, ".cache"));
      makeCache(home, 0o755);
    },
  ],
  [
    "in a home below a sticky folder",
    (home) => {
      makeCache(home, 0o700);
      chmodSync(home, 0o1777);
    },
  ],
];

for (const [what, make] of safe) {
  test(`a cache ${what} is used`, skip, async () => {
    const home = newHome();
    make(home);
    assert.ok(await isUsed(home));
  });
}

const unsafe: [what: string, make: (home: string) => void][] = [
  ["that a group can write to", (home) => makeCache(home, 0o770)],
  ["that everybody can write to", (home) => makeCache(home, 0o777)],
  [
    "in a folder that a group can write to",
    (home) => {
      makeCache(home, 0o700);
      chmodSync(join(home, ".cache"), 0o775);
    },
  ],
  [
    "in a home that everybody can write to",
    (home) => {
      makeCache(home, 0o700);
      chmodSync(home, 0o777);
    },
  ],
  [
    "that is a link",
    (home) => {
      makeCache(home, 0o700, "elsewhere");
      symlinkSync("elsewhere", join(home, ".cache/pmap"));
    },
  ],
  [
    "in which others could write to a folder",
    (home) => {
      makeCache(home, 0o755);
      mkdirSync(join(home, ".cache/pmap/v24"));
      chmodSync(join(home, ".cache/pmap/v24"), 0o777);
    },
  ],
  [
    "in which there is a link",
    (home) => {
      makeCache(home, 0o700);
      symlinkSync("/tmp", join(home, ".cache/pmap/v24"));
    },
  ],
];

for (const [what, make] of unsafe) {
  test(`a cache ${what} is not used`, skip, async () => {
    const home = newHome();
    make(home);
    assert.equal(await isUsed(home), false);
  });
}

const foreign: [what: string, path: string][] = [
  ["that another user has made", ".cache/pmap"],
  ["in a folder that another user has made", ".cache"],
  ["in another user's home", "."],
  ["that holds a folder that another user has made", ".cache/pmap/v24"],
];

for (const [what, path] of foreign) {
  test(`a cache ${what} is not used, by root neither`, asRoot, async () => {
    const home = newHome();
    makeCache(home, 0o755);
    mkdirSync(join(home, ".cache/pmap/v24"));
    chownSync(join(home, path), nobody, nobody);
    assert.equal(await isUsed(home), false);
  });
}

test("code that another user has put where tsx keeps its own is not run", async (t) => {
  if (ownRuntime !== "node" || !isRoot) return t.skip("needs Node, and root, to make another user's folders");
  const cwd = mkdtempSync(join(folder, "tsx-"));
  writeFileSync(join(cwd, "script.ts"), 'enum E { A = "own" }\nexport default () => E.A;\n');
  writeFileSync(join(cwd, "package.json"), '{"type":"module"}');
  const tmp = join(cwd, "tmp");
  mkdirSync(tmp);
  chmodSync(tmp, 0o1777);
  const run = () => runPmap(["script.ts"], { cwd, stdin: "1\n", env: { TMPDIR: tmp, HOME: cwd } });
  const cache = join(tmp, `tsx-${process.geteuid?.()}`);
  const kept = () => (existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name)) : []);
  let planted: string[] = [];
  // tsx writes without waiting: a worker that is done may be gone before.
  for (let runs = 0; planted.length === 0 && runs < 50; runs++) {
    assert.equal((await run()).stdout, '"own"\n');
    planted = kept().filter((path) => readFileSync(path, "utf8").includes("own"));
  }
  assert.ok(planted.length > 0);
  for (const path of planted) writeFileSync(path, readFileSync(path, "utf8").replaceAll("own", "his"));
  assert.equal((await run()).stdout, '"his"\n', "that is what tsx would run");
  for (const path of planted) chownSync(path, nobody, nobody);
  assert.equal((await run()).stdout, '"own"\n');
  for (const path of planted) chownSync(path, 0, 0);
  chownSync(cache, nobody, nobody);
  assert.equal((await run()).stdout, '"own"\n');
});

function newHome(): string {
  return mkdtempSync(join(folder, "home-"));
}

function makeCache(home: string, mode: number, name = "pmap"): void {
  const caches = join(home, ".cache");
  if (!existsSync(caches)) mkdirSync(caches, { mode: 0o700 });
  mkdirSync(join(caches, name));
  chmodSync(join(caches, name), mode);
}

/** Whether a run reads or writes the cache of this home, as Node itself tells. */
async function isUsed(home: string): Promise<boolean> {
  const env = { HOME: home, XDG_CACHE_HOME: "", NODE_DEBUG_NATIVE: "COMPILE_CACHE" };
  const { code, stdout, stderr } = await runPmap(["-e", "_"], { stdin: "1\n", env });
  assert.deepEqual([code, stdout], [0, "1\n"]);
  return stderr.includes(join(home, ".cache")) || stderr.includes(join(home, "disk"));
}
