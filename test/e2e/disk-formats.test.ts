// What stands on people's disks: a later pmap goes on from a journal, scripts read errors files, so names and types stay as they
// are. The golden files hold the shape of each: keys, and the types of values. --stats has a schema of its own.
// After a change that is meant: UPDATE_GOLDEN=1 node test/run.mjs node disk-formats; npx biome check --write test/fixtures
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { contentOf, eventually, finished, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const input = join(folder, "input.jsonl");
writeFileSync(input, Array.from({ length: 20_000 }, (_, n) => `{"n":${n}}\n`).join(""));

/** The types of what is in a value; elements of an array are one, with all that any of them has. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = new Map(value.map((each) => [JSON.stringify(shapeOf(each)), shapeOf(each)]));
    return [...shapes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, shape]) => shape);
  }
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, shapeOf(member)]),
  );
}

function isAsInGolden(name: string, found: unknown): void {
  const path = fileURLToPath(new URL(`../fixtures/golden/${name}.json`, import.meta.url));
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, `${JSON.stringify(found, undefined, 2)}\n`);
  assert.deepEqual(found, JSON.parse(readFileSync(path, "utf8")), name);
}

const slowly = "const end = performance.now() + 1; while (performance.now() < end);";

/** What a job that is interrupted leaves: the head of its journal, and an entry that says how far it has come. */
async function journalOf(name: string, script: string, ...flags: readonly string[]): Promise<unknown> {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, script);
  const output = flags[0] as string;
  const child = startPmap([path, input, "-o", ...flags, "-c", "1"], { cwd: folder });
  const result = finished(child, "");
  const journal = join(folder, `.${output}.pmap-journal`);
  const lines = () => contentOf(journal).trimEnd().split("\n");
  assert.ok(await eventually(() => lines().length > 1 || child.exitCode !== null), "no journal has been written");
  child.kill("SIGINT");
  const { code, signal, stderr } = await result;
  assert.ok(code === 130 || signal === "SIGINT", stderr);
  const [head, ...rest] = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  const entries = rest.filter((line) => !("durable" in line));
  // Partials are told where there are new ones.
  const fullest = entries.reduce((most, entry) => (filled(entry) >= filled(most) ? entry : most));
  return { head: shapeOf(head), entry: shapeOf(fullest) };
}

function filled(entry: Record<string, unknown> | undefined): number {
  return Object.values(entry ?? {}).filter((value) => !Array.isArray(value) || value.length > 0).length;
}

test("a journal has the names and types that it has always had", async () => {
  const map = `export default function map(r, ctx) { ${slowly} ctx.count("seen"); return { n: r.n }; }\n`;
  const number = `export default function map(r) { ${slowly} return r.n; }\nexport const reduce = (a, b) => a + b;\n`;
  isAsInGolden("journal", {
    map: await journalOf("map", map, "map.jsonl"),
    csv: await journalOf("csv", map, "map.csv"),
    compressed: await journalOf("gz", map, "map.jsonl.gz"),
    reduce: await journalOf("reduce", number, "sum.json"),
    group: await journalOf("group", `${number}export const key = (r) => r.n % 3;\n`, "groups.jsonl"),
  });
});

test("an errors file has the names and types that it has always had", async () => {
  const errors = join(folder, "errors.jsonl");
  const script = join(folder, "throws.mjs");
  writeFileSync(script, 'export default (r) => { if (r.n === 2) throw new Error("no"); return r; };\n');
  const mixed = join(folder, "mixed.jsonl");
  const bad = Buffer.from([0x22, 0xff, 0x22, 0x0a]);
  writeFileSync(
    mixed,
    Buffer.concat([Buffer.from(`{"n":1}\n{"n":2}\n{n\n${JSON.stringify("x".repeat(2000))}\n`), bad]),
  );
  const csv = join(folder, "mixed.csv");
  writeFileSync(csv, "a,b\n1,2\n3\n");
  const entriesOf = async (...args: readonly string[]) => {
    const { code, stderr } = await runPmap([...args, "--on-error", "skip", "--errors", errors, "-c", "1"], {
      cwd: folder,
    });
    assert.equal(code, 0, stderr);
    const lines = readFileSync(errors, "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as { kind: string });
  };
  const lines = await entriesOf(script, mixed, "--max-record", "1K");
  const rows = await entriesOf("-e", "_", csv);
  const crashed = await entriesOf("-e", "_.n === 2 ? process.exit(3) : _", mixed, "--limit", "2", "--retries", "0");
  const shapes = [...lines, ...rows, ...crashed].map((entry) => ({ kind: entry.kind, entry: shapeOf(entry) }));
  isAsInGolden("errors-file", shapes);
});
