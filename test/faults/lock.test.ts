import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { childrenOf } from "../support/proc.ts";
import { finished, pmapCommand, type Result, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// One output is written by one pmap at a time, in whatever container it runs, and a dead one holds none up.

const folder = temporaryFolder();
const onLinux = existsSync("/proc/self/stat");
const hasFlock = spawnSync("flock", ["--version"]).status === 0;

/** With the lock of the system, and as where there is no flock. */
const ways: [how: string, env: Record<string, string>][] = [
  ...(hasFlock ? ([["with flock", {}]] satisfies [string, Record<string, string>][]) : []),
  ["without flock", { PATH: "/nonexistent" }],
];

for (const [how, env] of ways) {
  test(`${how}, of two at once exactly one writes, also where a dead one has left its lock`, async () => {
    const { lock, start, cwd } = place(env);
    const dead = await start("dead");
    await dead.atWork;
    dead.pmap.kill("SIGKILL");
    await dead.ended;
    const left = readFileSync(lock, "utf8");
    for (let round = 0; round < 20; round++) {
      rmSync(join(cwd, "go"), { force: true });
      if (round % 2 === 0) writeFileSync(lock, left);
      const both = [start("A"), start("B")];
      const first = await Promise.race(both.map(({ ended }, i) => ended.then((result) => ({ result, i }))));
      const who = both[1 - first.i] as Started;
      assert.equal(first.result.code, 1);
      assert.match(
        first.result.stderr,
        /^pmap: Cannot write "out": another pmap( \(process \d+ on .+\))? (is|may be) writing it\n/,
      );
      await who.atWork;
      writeFileSync(join(cwd, "go"), "");
      const { code, stderr } = await who.ended;
      assert.deepEqual([code, stderr], [0, "at work\n"]);
      assert.equal(readFileSync(join(cwd, "out"), "utf8"), `"${who.name}"\n`);
      assert.deepEqual(leftIn(cwd), []);
    }
  });

  test(`${how}, a dead one whose number is in use again is gone`, { skip: !onLinux && "needs /proc" }, async () => {
    for (const kind of ["flock", "file"]) {
      const { lock, run, owner } = await ownerOfDead(env);
      writeFileSync(lock, JSON.stringify({ ...owner, pid: process.pid, started: "1", lock: kind }));
      const { code, stderr } = await run("next");
      assert.deepEqual([code, stderr], [0, "at work\n"]);
    }
  });

  test(`${how}, one of another host that counts by its file is not taken for dead, and the file is named`, async () => {
    for (const change of [{ host: "elsewhere" }, { namespace: "pid:[1]" }, { machine: "another", boot: "another" }]) {
      const { lock, run, owner, cwd } = await ownerOfDead(env);
      const other: Record<string, unknown> = { ...owner, ...change };
      writeFileSync(lock, JSON.stringify({ ...other, lock: "file" }));
      const { code, stderr } = await run("next");
      const who = `process ${other.pid} on ${other.host}`;
      const text = `pmap: Cannot write "out": another pmap (${who}) may be writing it\nIf it is gone, remove "${lock}"\n`;
      assert.deepEqual([code, stderr], [1, text]);
      assert.deepEqual(leftIn(cwd), [".out.pmap-lock"]);
    }
  });

  test(`${how}, a lock file that is a link or a folder is refused, and nothing is written through it`, async () => {
    const { lock, run, cwd } = place(env);
    writeFileSync(join(cwd, "victim"), "precious");
    for (const target of ["victim", "dangling"]) {
      symlinkSync(target, lock);
      const { code, stderr } = await run("A");
      assert.equal(code, 1);
      assert.match(stderr, /^pmap: Cannot write "out": [^\n]*\n[^\n]*emove[^\n]*\n$/);
      rmSync(lock);
    }
    mkdirSync(lock);
    assert.equal((await run("A")).code, 1);
    assert.equal(readFileSync(join(cwd, "victim"), "utf8"), "precious");
    assert.equal(existsSync(join(cwd, "dangling")), false);
    assert.equal(existsSync(join(cwd, "out")), false);
  });
}

test("a pmap with flock and one without respect each other", { skip: !hasFlock && "needs flock" }, async () => {
  for (const [one, other] of [ways, [...ways].reverse()]) {
    const { start, run, cwd } = place({});
    const first = start("A", one?.[1]);
    await first.atWork;
    const { code, stderr } = await run("B", other?.[1]);
    const text = `pmap: Cannot write "out": another pmap (process ${first.pmap.pid} on ${hostname()}) is writing it\n`;
    assert.deepEqual([code, stderr], [1, text]);
    writeFileSync(join(cwd, "go"), "");
    assert.equal((await first.ended).code, 0);
  }
});

test("nothing that pmap has started holds its lock", { skip: !onLinux && "needs /proc" }, async () => {
  const { start, cwd, lock } = place({});
  const { pmap, atWork, ended } = start("A");
  await atWork;
  const holders = [pmap.pid as number, ...childrenOf(pmap.pid as number)].filter((pid) => opens(pid, lock));
  assert.deepEqual(holders, hasFlock ? [pmap.pid] : []);
  writeFileSync(join(cwd, "go"), "");
  await ended;
});

test("who finds its lock file removed leaves the next one's alone", { skip: !hasFlock && "needs flock" }, async () => {
  const { start, run, cwd, lock } = place({});
  const first = start("A");
  await first.atWork;
  rmSync(lock);
  const second = start("B", {}, "go-b");
  await second.atWork;
  writeFileSync(join(cwd, "go"), "");
  await first.ended;
  assert.equal((await run("C")).code, 1);
  writeFileSync(join(cwd, "go-b"), "");
  await second.ended;
});

const namespaces = ["unshare", "--pid", "--fork", "--mount-proc"];
const allowed = onLinux && spawnSync(namespaces[0] as string, [...namespaces.slice(1), "true"]).status === 0;

test(`of two containers that share a folder one is refused${allowed ? "" : " (unshare is not permitted here)"}`, async (t) => {
  if (!allowed || !hasFlock) return t.skip("needs unshare and flock");
  const { cwd, args } = place({});
  const inContainer = (name: string) => {
    const [program, ...words] = [...namespaces, ...pmapCommand, ...args(name, "go")];
    return observed(name, spawn(program as string, words, { cwd, stdio: "pipe" }));
  };
  const first = inContainer("A");
  await first.atWork;
  const second = await inContainer("B").ended;
  const text = `pmap: Cannot write "out": another pmap (process 1 on ${hostname()}) is writing it\n`;
  assert.deepEqual([second.code, second.stderr], [1, text]);
  writeFileSync(join(cwd, "go"), "");
  assert.equal((await first.ended).code, 0);
  assert.equal(readFileSync(join(cwd, "out"), "utf8"), '"A"\n');
});

interface Started {
  readonly name: string;
  readonly pmap: ChildProcess;
  readonly atWork: Promise<void>;
  readonly ended: Promise<Result>;
}

/** A folder in which jobs write `out`, and wait for the file `go` before they do. */
function place(env: Record<string, string>) {
  const cwd = mkdtempSync(join(folder, "place-"));
  const source = `
import { existsSync } from "node:fs";
export default async (_, { args: [name, go] }) => {
  console.log("at work");
  while (!existsSync(go)) await new Promise((done) => setTimeout(done, 10));
  return name;
};`;
  writeFileSync(join(cwd, "script.mjs"), source);
  const args = (name: string, go: string) => ["-q", "-c", "1", "script.mjs", "-o", "out", "--", name, go];
  const start = (name: string, how = env, go = "go") => observed(name, startPmap(args(name, go), { cwd, env: how }));
  const run = (name: string, how = env) => {
    writeFileSync(join(cwd, "go-now"), "");
    return runPmap(args(name, "go-now"), { cwd, env: how, stdin: "1\n" });
  };
  return { cwd, lock: join(cwd, ".out.pmap-lock"), args, start, run };
}

function observed(name: string, pmap: ChildProcess): Started {
  after(() => pmap.kill("SIGKILL"));
  const atWork = new Promise<void>((resolve) => pmap.stderr?.once("data", () => resolve()));
  return { name, pmap, atWork, ended: finished(pmap, "1\n") };
}

/** A place where a pmap was killed, and what its lock file says. */
async function ownerOfDead(env: Record<string, string>) {
  const there = place(env);
  const { pmap, atWork, ended } = there.start("dead");
  await atWork;
  pmap.kill("SIGKILL");
  await ended;
  const owner = JSON.parse(readFileSync(there.lock, "utf8")) as Record<string, unknown>;
  rmSync(join(there.cwd, ".out.pmap"), { force: true });
  return { ...there, owner };
}

function leftIn(cwd: string): string[] {
  return readdirSync(cwd).filter((name) => name.startsWith("."));
}

function opens(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
