import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { generate1brc } from "../bench/generate-1brc.ts";
import { hasPmap } from "../support/page.ts";
import { ownRuntime, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// What people copy: each example against a plain computation, and each command that an example shows.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();

/** A folder that looks like a clone to a command, and may be written to. */
const clone = mkdtempSync(join(folder, "clone-"));
for (const name of ["examples", "README.md", "CHANGELOG.md", "LICENSE"])
  symlinkSync(join(root, name), join(clone, name));
generate1brc(20_000, join(clone, "measurements.txt"));
writeFileSync(join(clone, "a.log"), "GET /\nPOST /login\n");
writeFileSync(join(clone, "b.log"), "GET /favicon.ico\n");

interface Flight {
  date: string;
  delay: number;
  distance: number;
  origin: string;
  destination: string;
}

const FLIGHTS = "examples/data/flights.jsonl";
const flights = readFileSync(join(root, FLIGHTS), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Flight);
const readme = readFileSync(join(root, "README.md"), "utf8").replace(/\n$/, "");
const words = [...readme.matchAll(/\p{L}+/gu)].map(([word]) => word);

/** Runs an example and returns the lines it prints. */
async function run(example: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runPmap(["-q", "-c", "2", `examples/${example}`, ...args], { cwd: clone });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return stdout.replace(/\n$/, "").split("\n");
}

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as unknown);

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): [key: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const tests: Readonly<Record<string, (example: string) => Promise<void>>> = {
  async "flights.ts"(example) {
    const wanted = flights.map(({ date, delay, distance, origin, destination }) => ({
      route: [origin, destination].join("-"),
      hour: Number.parseInt(date.split(" ")[1] ?? "", 10),
      km: Math.round(distance * 1.609344),
      late: delay > 15,
    }));
    assert.deepEqual(parsed(await run(example, FLIGHTS)), wanted);
    const { stderr } = await runPmap([`examples/${example}`, FLIGHTS], { cwd: clone });
    assert.match(stderr, new RegExp(`late: ${wanted.filter(({ late }) => late).length}\\b`));
  },

  async "words.ts"(example) {
    const most = Math.max(...words.map(({ length }) => length));
    const wanted = {
      lines: readme.split("\n").length,
      words: words.length,
      longest: words.find(({ length }) => length === most),
      lettersPerWord: Math.round((words.join("").length / words.length) * 100) / 100,
    };
    assert.deepEqual(parsed(await run(example, "README.md")), [wanted]);
  },

  async "proof-of-work.ts"(example) {
    const sha256 = (block: number, nonce: number) => createHash("sha256").update(`${block}:${nonce}`).digest("hex");
    const wanted = [5, 6, 7, 8].map((block) => {
      let nonce = 0;
      while (!/^00/.test(sha256(block, nonce))) nonce++;
      return { block, nonce, hash: sha256(block, nonce) };
    });
    assert.deepEqual(parsed(await run(example, "--range", "5..8", "--", "2")), wanted);
  },

  async "lookup.ts"(example) {
    const wanted = flights.slice(0, 300).map(({ origin, destination }) => {
      const route = `${origin}-${destination}`;
      return { route, id: createHash("sha256").update(route).digest("hex").slice(0, 8) };
    });
    assert.deepEqual(parsed(await run(example, "--limit", "300", "--concurrency", "100", FLIGHTS)), wanted);
  },

  async "pi.ts"(example) {
    const [once, again, inline, other] = await Promise.all([
      run(example, "--range", "1..500"),
      run(example, "--range", "1..500", "--cores", "1"),
      run(example, "--range", "1..500", "--mode", "inline"),
      run(example, "--range", "1..500", "--seed", "7"),
    ]);
    const [{ darts, pi }] = parsed(once) as [{ darts: number; pi: number }];
    assert.equal(darts, 500_000);
    assert.ok(Math.abs(pi - Math.PI) < 0.02, `pi is about ${pi}`);
    assert.deepEqual([again, inline], [once, once]);
    assert.notDeepEqual(other, once);
  },

  async "delays.ts"(example) {
    const wanted = groupBy(flights, ({ origin }) => origin).map(([airport, departed]) => {
      const delays = departed.map(({ delay }) => delay);
      const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
      return { airport, flights: delays.length, mean: Math.round(mean * 10) / 10, worst: Math.max(...delays) };
    });
    assert.deepEqual(parsed(await run(example, FLIGHTS)), wanted);
  },

  async "word-count.ts"(example) {
    const lowered = readme.toLowerCase().matchAll(/\p{L}+/gu);
    const wanted = groupBy(lowered, ([word]) => word).map(([word, found]) => ({ word, count: found.length }));
    assert.deepEqual(parsed(await run(example, "README.md")), wanted);
  },

  async "top-k.ts"(example) {
    const byText = (a: Flight, b: Flight) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    const sorted = flights.toSorted((a, b) => b.delay - a.delay || byText(a, b));
    assert.deepEqual(parsed(await run(example, FLIGHTS)), [sorted.slice(0, 10)]);
  },

  async "histogram.ts"(example) {
    const lines = await run(example, FLIGHTS);
    const least = Math.min(...flights.map(({ delay }) => delay));
    const wanted: [from: number, flights: number][] = [];
    for (let from = Math.floor(least / 15) * 15; from < 1440; from += 15) {
      const inBin = flights.filter(({ delay }) => delay >= from && delay < from + 15).length;
      if (inBin > 0) wanted.push([from, inBin]);
    }
    const most = Math.max(...wanted.map(([, count]) => count));
    const printed = lines.map((line) => line.trim().split(/ +/));
    assert.deepEqual(
      printed.map(([from, count]) => [Number(from), Number(count)]),
      wanted,
    );
    assert.deepEqual(
      printed.map(([, , bar = ""]) => bar.length),
      wanted.map(([, count]) => Math.floor((count / most) * 50)),
    );
  },

  async "1brc.ts"(example) {
    const rows = readFileSync(join(clone, "measurements.txt"), "utf8");
    const cut = join(folder, "no-last-newline.txt");
    writeFileSync(cut, rows.slice(0, -1));
    // Names of every length up to the challenge's longest, and every form of a temperature.
    const edges = join(folder, "edges.txt");
    const temperatures = ["0.0", "-0.1", "9.9", "-9.9", "10.0", "-10.0", "99.9", "-99.9"];
    const lines = Array.from({ length: 100 }, (_, i) => `${"é".repeat(i % 2)}${"x".repeat(i + 1 - 2 * (i % 2))}`);
    writeFileSync(edges, lines.flatMap((name) => temperatures.map((tenths) => `${name};${tenths}\n`)).join(""));
    for (const input of ["measurements.txt", cut, edges]) {
      const wanted = JSON.stringify(plain1brc(readFileSync(join(input.startsWith("/") ? "" : clone, input), "utf8")));
      for (const args of [
        ["--chunk", "4M"],
        ["--chunk", "3K"],
        ["--chunk", "20K", "--cores", "1"],
        ["--mode", "inline"],
      ]) {
        assert.deepEqual(await run(example, ...args, input), [wanted], `${input} ${args}`);
      }
    }
  },
};

function plain1brc(rows: string): Record<string, string> {
  const stations = new Map<string, number[]>();
  for (const row of rows.replace(/\n$/, "").split("\n")) {
    const [station = "", temperature] = row.split(";");
    const tenths = Math.round(Number(temperature) * 10);
    stations.set(station, [...(stations.get(station) ?? []), tenths]);
  }
  const print = (tenths: number) => (tenths / 10).toFixed(1);
  const printed = [...stations].map(([station, tenths]) => {
    const mean = Math.round(tenths.reduce((sum, value) => sum + value, 0) / tenths.length);
    return [station, [Math.min(...tenths), mean, Math.max(...tenths)].map(print).join("/")] as const;
  });
  return Object.fromEntries(printed.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("the tests run on the runtime that the runner claims", () => {
  assert.equal(process.env.PMAP_TEST_RUNTIME ?? ownRuntime, ownRuntime);
});

test("each example has a test", () => {
  const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  assert.deepEqual(examples.sort(), Object.keys(tests).sort());
});

for (const [example, check] of Object.entries(tests)) {
  test(`examples/${example} gives what a plain computation gives`, () => check(example));

  const head = /^(\/\/.*\n)+/.exec(readFileSync(join(root, "examples", example), "utf8"))?.[0] ?? "";
  const commands = head.split("\n").flatMap((line) => (hasPmap(line.slice(2)) ? [line.slice(2).trim()] : []));
  test(`examples/${example} shows how it is run`, () => assert.notEqual(commands.length, 0));
  for (const command of commands) test(`${example}: ${command}`, () => assertWorks(command));
}

async function assertWorks(command: string): Promise<void> {
  const { code, stderr } = await runShell(command, { cwd: clone });
  assert.equal(code, 0, stderr);
}
