/** The text of a job's script. */
import { ABOUT, COMMON, KEYS, MAPS, REDUCES, YIELDS } from "./functions.ts";
import type { Job, Script } from "./job.ts";

export function scriptOf({ from, script, flags }: Job): string {
  const reduce = script.reduce === undefined ? undefined : REDUCES[script.reduce];
  const parts = [
    'import { closeSync, openSync } from "node:fs";',
    COMMON,
    `const about = ${ABOUT[from]};`,
    `const base = ${reduce?.map ?? MAPS[script.map]};`,
    `const count = ${YIELDS};`,
    ACT,
    `const deeds = new Map(${JSON.stringify([...script.deeds])});`,
    `const costUs = ${script.costUs}, unevenly = ${script.unevenly};`,
    WORK,
    ...lifeOf(script),
    ...(from === "bytes" ? [BYTES] : mapOf(script)),
    ...filterOf(script),
  ];
  if (script.key !== undefined) {
    parts.push(`const keyOf = ${KEYS[script.key]};`);
    parts.push(`export const key = (r, value) => keyOf(${from === "bytes" ? "{ n: 0, s: '' }" : "about(r)"}, value);`);
  }
  for (const name of ["reduce", "initial", "merge", "finish"] as const) {
    if (reduce?.[name] !== undefined) parts.push(`export const ${name} = ${reduce[name]};`);
  }
  if (flags.mode === "inline") parts.push("// inline");
  return `${parts.join("\n")}\n`;
}

/** Computing that takes as long as it should on any machine. */
const WORK = `
const work = (a) => {
  let us = costUs;
  if (unevenly && a.n % 97 === 5) us *= 100;
  if (us === 0) return;
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
};`;

const ACT = `
const act = (n) => {
  const deed = deeds.get(n);
  switch (deed) {
    case undefined: return undefined;
    case "throw": throw new Error("told to");
    case "bigint": return 10n;
    case "exit 0": return process.exit(0);
    case "exit 3": return process.exit(3);
    case "exit later": return new Promise(() => setTimeout(() => process.exit(3), 1));
    case "kill": return process.kill(process.pid, "SIGKILL");
    case "hang": for (;;);
    case "never": return new Promise(() => setInterval(() => {}, 1000));
    case "once":
      try {
        closeSync(openSync(\`once-\${n}\`, "wx"));
      } catch {
        return undefined;
      }
      return process.exit(3);
  }
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));`;

const BYTES = `
export default function* (bytes, ctx) {
  const lines = new TextDecoder().decode(bytes).split("\\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const a = about(line);
    work(a);
    const value = base(a, line, ctx);
    if (value !== undefined) yield value;
  }
}`;

function mapOf(script: Script): string[] {
  const { style, deedIn, setup } = script;
  if (style === "none") return [];
  const begin = [
    "  const a = about(r);",
    setup === "none" ? "" : '  if (!isSetUp) throw new Error("not set up");',
    "  work(a);",
  ];
  const deed = deedIn === "map" ? ["  const done = act(a.n);", "  if (done !== undefined) return done;"] : [];
  const value = "  return base(a, r, ctx);";
  const bodies: Record<Exclude<Script["style"], "none">, string[]> = {
    plain: ["export default (r, ctx) => {", ...begin, ...deed, value, "};"],
    async: ["export default async (r, ctx) => {", ...begin, "  await null;", ...deed, value, "};"],
    sleeps: ["export default async (r, ctx) => {", ...begin, "  await pause((a.n ?? 0) % 4);", ...deed, value, "};"],
    mixed: [
      "export default (r, ctx) => {",
      ...begin,
      ...deed,
      "  if (a.n % 3 === 1) return pause(1).then(() => base(a, r, ctx));",
      value,
      "};",
    ],
    generator: ["export default function* (r, ctx) {", ...begin, ...yields(script, ""), "}"],
    "async generator": ["export default async function* (r, ctx) {", ...begin, ...yields(script, "await "), "}"],
  };
  return bodies[style];
}

/** What it has yielded before its deed is not to be seen, but for \`once\`. */
function yields({ deedIn, reduce }: Script, wait: string): string[] {
  const deed =
    deedIn === "map" ? [`  const done = ${wait}act(a.n);`, "  if (done !== undefined) return yield done;"] : [];
  return [
    // What has been reduced cannot be taken back.
    ...(reduce === undefined ? [] : deed),
    "  for (let i = 0; i < count(a); i++) {",
    "    const value = base(a, r, ctx);",
    "    if (value !== undefined) yield value;",
    "  }",
    ...(reduce === undefined ? deed : []),
  ];
}

function filterOf({ filter, deedIn, style, setup }: Script): string[] {
  if (filter === "none") return [];
  const check = style === "none" && setup !== "none" ? ['  if (!isSetUp) throw new Error("not set up");'] : [];
  return [
    `export const filter = ${filter === "async" ? "async " : ""}(r) => {`,
    "  const a = about(r);",
    ...check,
    ...(filter === "async" ? ["  await null;"] : []),
    ...(deedIn === "filter" ? [`  ${filter === "async" ? "await " : ""}act(a.n);`] : []),
    "  return a.s.length % 3 !== 1;",
    "};",
  ];
}

function lifeOf({ setup, teardown }: Script): string[] {
  const lines = ["let isSetUp = false;"];
  if (setup !== "none") {
    lines.push(`export const setup = ${setup === "plain" ? "" : "async "}() => {`);
    if (setup !== "plain") lines.push("  await pause(2);");
    if (setup === "throws") lines.push('  throw new Error("no database");');
    if (setup === "exits once") lines.push('  deeds.set("setup", "once");', '  act("setup");');
    lines.push("  isSetUp = true;", "};");
  }
  if (teardown !== "none") {
    lines.push(`export const teardown = ${teardown === "async" ? "async " : ""}() => {`);
    if (teardown === "async") lines.push("  await pause(2);");
    if (teardown === "throws") lines.push('  throw new Error("not closed");');
    if (teardown === "exits") lines.push("  process.exit(4);");
    lines.push("};");
  }
  return lines;
}
