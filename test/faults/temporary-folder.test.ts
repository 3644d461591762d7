import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { childrenOf, textOf } from "../support/proc.ts";
import {
  eventually,
  finished,
  pmapCommand,
  type Result,
  runPmap,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

// A keyed reduce keeps its sorted runs in a folder in TMPDIR. What is removed there is pmap's own, and nothing else.

const folder = temporaryFolder();
const groups = ["--key", "_.k", "--reduce", "(a, b) => a + b", "-e", "1"];
const isRoot = process.getuid?.() === 0;
const onLinux = existsSync("/proc/self/stat");

const names = [
  "with a space",
  " at both ends ",
  "two\nlines",
  "\n=more\n+1\n-1\n@lines\n",
  "*",
  "[a-z]*?",
  'it\'s "quoted"',
  "-rf",
  "back\\slash\\n",
  "$(touch hacked); `touch hacked` & touch hacked",
];

for (const name of names) {
  test(`in a TMPDIR called ${JSON.stringify(name)} nothing but pmap's own folder is removed`, async () => {
    const { tmp, precious } = surroundings(name);
    const { code, stdout, stderr } = await runGroups(tmp);
    assert.deepEqual([code, stdout, stderr], [0, '{"key":1,"value":1}\n', ""]);
    assert.ok(await eventually(() => readdirSync(tmp).length === 0));
    precious();
  });

  test(`in a TMPDIR called ${JSON.stringify(name)} a killed pmap leaves nothing`, async () => {
    const { tmp, precious } = surroundings(name);
    const { pmap } = await hanging(tmp);
    assert.deepEqual(readdirSync(tmp).length, 1);
    pmap.kill("SIGKILL");
    await finished(pmap);
    assert.ok(await eventually(() => readdirSync(tmp).length === 0));
    precious();
  });
}

test("a relative TMPDIR that begins with a dash is a folder", async () => {
  const { tmp, precious } = surroundings("-rf");
  const { code, stderr } = await runGroups("-rf", {}, join(tmp, ".."));
  assert.deepEqual([code, stderr], [0, ""]);
  precious();
});

test("variables of the user's environment are nothing to the reaper", async () => {
  const { tmp, precious, outside } = surroundings("tmp");
  const sleeper = startPmap(["-e", "_"]);
  const pid = String(sleeper.pid);
  const env = { folders: outside, folder: outside, pids: pid, workers: `${pid}:`, marker: "precious", IFS: "/" };
  const { code, stderr } = await runGroups(tmp, env);
  assert.deepEqual([code, stderr], [0, ""]);
  const { pmap } = await hanging(tmp, env);
  pmap.kill("SIGKILL");
  await finished(pmap);
  assert.ok(await eventually(() => readdirSync(tmp).length === 0));
  precious();
  const ended = await finished(sleeper, "1\n");
  assert.deepEqual([ended.code, ended.stdout], [0, "1\n"]);
});

test("the folder and what is in it is the user's alone, whatever the umask", {
  skip: !onLinux && "needs /proc",
}, async () => {
  const { tmp } = surroundings("tmp");
  const before = process.umask(0);
  const { pmap, path } = await hanging(tmp);
  process.umask(before);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  pmap.kill("SIGKILL");
  await finished(pmap);
});

test("what a dead pmap has left behind is removed, and what only looks like it is not", async (t) => {
  if (!onLinux) return t.skip("needs /proc");
  const { tmp } = surroundings("tmp");
  const genuine = await leaveStale(tmp);
  const owner = JSON.parse(readFileSync(join(genuine, ".pmap-owner"), "utf8")) as Record<string, unknown>;
  const started = textOf("/proc/self/stat")
    .replace(/^.*\) /s, "")
    .split(" ")[19];
  writeFileSync(join(genuine, "run-1-1-x"), "x");

  const gone = [
    genuine,
    // The number is in use again.
    planted(tmp, { ...owner, pid: process.pid, started: "1" }),
    ...(owner.machine === "" ? [] : [planted(tmp, { ...owner, boot: "another" })]),
  ];
  const kept = [
    planted(tmp, { ...owner, pid: process.pid, started }),
    planted(tmp, { ...owner, host: "elsewhere" }),
    planted(tmp, { ...owner, machine: "another" }),
    planted(tmp, { ...owner, namespace: "pid:[1]" }),
    planted(tmp, "no owner"),
    planted(tmp, { ...owner, pid: "1; rm -rf /" }),
    planted(tmp, { ...owner, pid: -1 }),
    planted(tmp, undefined),
    planted(tmp, owner, (path) => chmodSync(path, 0o755)),
    // What the user has moved or copied elsewhere is the user's.
    moved(planted(tmp, owner), join(tmp, "pmap-moved")),
    planted(tmp, { ...owner, inode: 1 }),
    planted(tmp, owner, (path) => writeFileSync(join(path, "notes"), "mine")),
    planted(tmp, undefined, (path) => symlinkSync(join(folder, "marker-elsewhere"), join(path, ".pmap-owner"))),
  ];
  writeFileSync(join(folder, "marker-elsewhere"), JSON.stringify(owner));
  writeFileSync(join(tmp, "pmap-2025-11-25.jsonl"), "x");
  writeFileSync(join(tmp, "pmap-9999999-x"), "x");
  const behindLink = planted(folder, owner);
  symlinkSync(behindLink, join(tmp, basename(behindLink)));
  kept.push(join(tmp, "pmap-2025-11-25.jsonl"), join(tmp, "pmap-9999999-x"), behindLink);
  if (isRoot) {
    kept.push(planted(tmp, owner, (path) => chownSync(path, 65534, 65534)));
    kept.push(planted(tmp, owner, (path) => chownSync(join(path, ".pmap-owner"), 65534, 65534)));
  }

  const { code, stderr } = await runGroups(tmp);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(gone.filter(existsSync), []);
  assert.deepEqual(
    kept.filter((path) => !existsSync(path)),
    [],
  );
  assert.equal(readFileSync(join(kept[11] as string, "notes"), "utf8"), "mine");
});

const asNobody = isRoot ? {} : { skip: "needs root, to become another user" };

test("folders of another user, and a TMPDIR that cannot be listed, are no trouble", asNobody, async () => {
  const { tmp } = surroundings("tmp");
  chmodSync(folder, 0o755);
  chmodSync(join(tmp, ".."), 0o755);
  const foreign = [planted(tmp, "x"), join(tmp, "pmap-9999999-x")];
  mkdirSync(foreign[1] as string);
  for (const mode of [0o1777, 0o1733]) {
    chmodSync(tmp, mode);
    const { code, stdout, stderr } = await runAsNobody(tmp);
    assert.deepEqual([code, stdout, stderr], [0, '{"key":1,"value":1}\n', ""]);
  }
  assert.deepEqual(readdirSync(tmp).sort(), foreign.map((path) => basename(path)).sort());
});

test("a TMPDIR that may not be written to is one clear line", asNobody, async () => {
  const { tmp } = surroundings("tmp");
  chmodSync(folder, 0o755);
  chmodSync(join(tmp, ".."), 0o755);
  chmodSync(tmp, 0o555);
  const { code, stderr } = await runAsNobody(tmp);
  assert.equal(
    stderr,
    `pmap: Cannot write to "${tmp}": permission denied\nSet TMPDIR to a folder that can be written\n`,
  );
  assert.equal(code, 2);
});

for (const [what, place, reason] of [
  ["is not there", "nowhere", "there is no such folder"],
  ["is a file", "file", "a part of its path is not a folder"],
]) {
  test(`a TMPDIR that ${what} is one clear line`, async () => {
    writeFileSync(join(folder, "file"), "");
    const tmp = join(folder, place as string);
    const { code, stderr } = await runGroups(tmp);
    assert.equal(stderr, `pmap: Cannot write to "${tmp}": ${reason}\nSet TMPDIR to a folder that can be written\n`);
    assert.equal(code, 2);
  });
}

/** A TMPDIR of that name, among folders with the names of its words. */
function surroundings(name: string): { tmp: string; outside: string; precious(): void } {
  const around = mkdtempSync(join(folder, "around-"));
  const tmp = join(around, name);
  mkdirSync(tmp);
  const outside = join(around, "precious");
  const words = new Set(["precious", "pmap-1-x", ...name.split(/[\s/]+/), name.trim(), name.split("\n")[0] as string]);
  for (const word of words) {
    if (word === "" || word === name) continue;
    mkdirSync(join(around, word), { recursive: true });
    writeFileSync(join(around, word, ".pmap-owner"), "precious\n");
  }
  const before = readdirSync(around).sort();
  return {
    tmp,
    outside,
    precious() {
      assert.deepEqual(readdirSync(around).sort(), before);
      assert.equal(existsSync(join(folder, "hacked")), false);
      for (const word of before) if (word !== name) assert.equal(readdirSync(join(around, word)).length, 1);
    },
  };
}

function runGroups(tmp: string, env: Record<string, string> = {}, cwd = folder): Promise<Result> {
  return runPmap(groups, { stdin: '{"k":1}\n', env: { ...env, TMPDIR: tmp }, cwd });
}

function runAsNobody(tmp: string): Promise<Result> {
  const [program, ...args] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...pmapCommand, ...groups];
  const env = { ...process.env, HOME: "/nonexistent", XDG_CACHE_HOME: "", TMPDIR: tmp, NO_COLOR: "1" };
  return finished(spawn(program as string, args, { cwd: "/", env, stdio: "pipe" }), '{"k":1}\n');
}

/** A pmap that has its folder and does not end. */
async function hanging(tmp: string, env: Record<string, string> = {}) {
  const before = new Set(readdirSync(tmp));
  const script = "async () => { console.log('at work'); await new Promise((done) => setTimeout(done, 100_000)); }";
  const pmap = startPmap(["--key", "_.k", "--reduce", "(a, b) => a + b", "-e", script], {
    env: { ...env, TMPDIR: tmp },
    cwd: folder,
  });
  pmap.stdin?.end('{"k":1}\n');
  after(() => pmap.kill("SIGKILL"));
  // By then the reaper has long been told.
  await new Promise<void>((resolve) => pmap.stderr?.once("data", () => resolve()));
  const made = readdirSync(tmp).find((name) => !before.has(name)) as string;
  return { pmap, path: join(tmp, made) };
}

/** The folder of a pmap that was killed together with its reaper. */
async function leaveStale(tmp: string): Promise<string> {
  const { pmap, path } = await hanging(tmp);
  const children = childrenOf(pmap.pid as number);
  const guards = children.filter((pid) => textOf(`/proc/${pid}/comm`) === "sh\n");
  assert.equal(guards.length, 1);
  for (const pid of [...guards, pmap.pid as number, ...children]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone with the others.
    }
  }
  await finished(pmap);
  assert.ok(existsSync(path));
  return path;
}

/** A folder as a pmap makes it, with this in its marker file, its own name and inode if an owner names any. */
function planted(tmp: string, owner: unknown, change: (path: string) => void = () => {}): string {
  const path = mkdtempSync(join(tmp, "pmap-"));
  const own = { folder: basename(path), inode: statSync(path).ino };
  const isOwn = typeof owner === "object" && owner !== null;
  const text =
    isOwn && (owner as { inode?: unknown }).inode !== 1 ? JSON.stringify({ ...owner, ...own }) : JSON.stringify(owner);
  if (owner !== undefined) writeFileSync(join(path, ".pmap-owner"), `${text}\n`);
  change(path);
  return path;
}

function moved(from: string, to: string): string {
  renameSync(from, to);
  return to;
}
