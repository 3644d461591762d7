// The same records from an asynchronous generator in a program, and through pipes on the command line: as bytes that are there
// already (cat), and made and taken by programs of their own. Run in turn; `npm run build` first.
//
//   node test/bench/from-program.mjs [--records 1000000] [--runs 5] [--runtime node]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const MAPS = {
  light: "r => ({ id: r.id, ok: r.score > 50 })",
  // 3 microseconds, as in workloads.mjs.
  cpu: "r => { let hash = 0x811c9dc5; for (let i = 0; i < 1400; i++) hash = Math.imul(Math.imul(hash ^ r.id, 0x01000193) ^ r.score, 0x01000193); return { id: r.id, hash: hash >>> 0 } }",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: "string", default: "1000000" },
    runs: { type: "string", default: "5" },
    runtime: { type: "string", default: process.execPath },
  },
});
const self = fileURLToPath(import.meta.url);
const root = new URL("../../", import.meta.url);
const [role, map] = positionals;
const count = Number(values.records);

async function* records() {
  for (let id = 0; id < count; id++)
    yield { id, name: `user ${id % 1000}`, score: (id * 7919) % 100, tags: ["a", "b"] };
}

if (role === "program") await program();
else if (role === "make") await make();
else if (role === "take") await take();
else bench();

async function program() {
  const { pmap } = await import(new URL("dist/api/index.js", root).href);
  await checkOrder(pmap({ code: { map: MAPS[map] } }, records(), { cores: 2 }));
}

async function checkOrder(results) {
  let next = 0;
  for await (const { id } of results) if (id !== next++) throw new Error(`${id} came where ${next - 1} belongs`);
  if (next !== count) throw new Error(`${next} of ${count} records came`);
}

async function make() {
  let block = "";
  for await (const record of records()) {
    block += `${JSON.stringify(record)}\n`;
    if (block.length < 65536) continue;
    if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    block = "";
  }
  process.stdout.write(block);
}

async function take() {
  const lines = createInterface({ input: process.stdin });
  await checkOrder(
    (async function* () {
      for await (const line of lines) yield JSON.parse(line);
    })(),
  );
}

function bench() {
  const folder = mkdtempSync(join(tmpdir(), "pmap-from-program-"));
  try {
    const file = join(folder, "records.jsonl");
    const own = (...words) => `"${values.runtime}" "${self}" --records ${count} ${words.join(" ")}`;
    timed(`${own("make")} > "${file}"`);
    for (const name of Object.keys(MAPS)) {
      const pmap = `"${values.runtime}" "${fileURLToPath(new URL("dist/cli/main.js", root))}" --cores 2 -e '${MAPS[name]}'`;
      compare(name, {
        program: own("program", name),
        "pipe of bytes": `cat "${file}" | ${pmap} | cat > /dev/null`,
        "pipe of programs": `${own("make")} | ${pmap} | ${own("take")}`,
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(map, commands) {
  const found = Object.keys(commands).map(() => []);
  for (let run = 0; run < Number(values.runs); run++)
    for (const [i, command] of Object.values(commands).entries()) found[i].push(timed(command));
  const ratio = (part, i) => median(found[0].map((run, at) => run[part] / found[i][at][part])).toFixed(2);
  for (const [i, name] of Object.keys(commands).entries()) {
    const of = (part) => median(found[i].map((run) => run[part])).toFixed(2);
    const than =
      i === 0 ? "" : `; the program takes ${ratio("wall", i)} times the time, ${ratio("cpu", i)} times the CPU`;
    console.log(`${map}, ${name}: ${of("wall")} s, ${of("cpu")} s of CPU${than}`);
  }
}

function timed(command) {
  const { status, stderr } = spawnSync(
    "bash",
    ["-o", "pipefail", "-c", `TIMEFORMAT="%R %U %S"; time { ${command}; }`],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  const [wall, user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system };
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}
