import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rejectsOf } from "../support/errors-file.ts";
import { finished, ownRuntime, SKIP_HINT, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// A script writes to its worker's port by hand, or changes what pmap says there. Nothing of it is believed or waited for: the
// worker is lost, and the record that did it is named.

const folder = temporaryFolder();
const all = Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`);
const stdin = all.join("");

async function runScript(source: string, args: readonly string[] = []) {
  const cwd = mkdtempSync(join(folder, "script-"));
  writeFileSync(join(cwd, "script.mjs"), source);
  const child = startPmap(["-c", "1", ...args, "script.mjs"], { cwd });
  return { cwd, ...(await finished(child, stdin)) };
}

const COUNTS = { records: 1, emittedFrom: 1, filtered: 0, rejected: 0 };
const DONE = {
  type: "done",
  id: 0,
  counts: COUNTS,
  rejects: [],
  lines: [1],
  counters: [],
  bytes: 0,
  kept: false,
  nodes: [],
  runs: [],
  asynchronous: false,
  busyMs: 1,
};
const HUGE = 4_000_000_000;

/** A frame's head, and the lengths that its prefix says of head and body where they are not the true ones. */
interface Forged {
  readonly head: string;
  readonly headBytes?: number;
  readonly bodyBytes?: number;
  /** Only the beginning is written. */
  readonly cut?: number;
}

const FORGED: Readonly<Record<string, Forged>> = {
  "an answer with a huge body": { head: JSON.stringify({ ...DONE, bytes: HUGE }), bodyBytes: HUGE },
  "a sign of life with a huge body": { head: '{"type":"heartbeat","id":0}', bodyBytes: HUGE },
  "a head that never comes": { head: "", headBytes: 200_000_000 },
  "half of a head": { head: "{", headBytes: 100 },
  "four bytes of a prefix": { head: "", cut: 4 },
  "one byte": { head: "", cut: 1 },
  "an answer": { head: JSON.stringify(DONE) },
  "a failure": {
    head: JSON.stringify({ type: "failed", id: 0, counts: COUNTS, message: "", stack: "", internal: true }),
  },
  "a message of no type": { head: "null" },
};

/** What writes a frame as pmap has built them: once with the prefix that it has now, once with the one that it had. */
function writerOf({ head, headBytes, bodyBytes = 0, cut }: Forged, magic: number): string {
  const port = { node: "3", bun: "4", deno: 'openSync("/dev/fd/4", "w")' }[ownRuntime];
  return `
import { openSync, writeSync } from "node:fs";
function write() {
  const head = new TextEncoder().encode(${JSON.stringify(head)});
  const words = [${magic === 1 ? "0x016d70" : "0x026d70, 0"}, ${headBytes ?? "head.length"}, ${bodyBytes}];
  const frame = new Uint8Array(words.length * 4 + head.length);
  const view = new DataView(frame.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word, true));
  frame.set(head, words.length * 4);
  const port = ${port};
  const bytes = frame.subarray(0, ${cut ?? "frame.length"});
  for (let done = 0; done < bytes.length; ) done += writeSync(port, bytes.subarray(done));
}
`;
}

const FOUL = "the script wrote to a descriptor that belongs to pmap";

for (const [i, [what, forged]] of Object.entries(FORGED).entries()) {
  test(`${what}, written by hand, is one reject, and the others come out`, async () => {
    const source = `${writerOf(forged, i % 2)}export default (n) => { if (n === 7) write(); return n; };\n`;
    const { cwd, code, stdout, stderr } = await runScript(source, ["--on-error", "skip", "--errors", "errors.jsonl"]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout === all.filter((_, i) => i !== 6).join(""), stderr);
    const rejects = rejectsOf(join(cwd, "errors.jsonl")).map(({ line, kind, message }) => ({ line, kind, message }));
    assert.deepEqual(rejects, [{ line: 7, kind: "exit", message: FOUL }]);
  });
}

const HUGE_BODY = FORGED["an answer with a huge body"] as Forged;
const PHASES = {
  load: `Cannot start workers: ${FOUL} when it was loaded or set up`,
  setup: `Cannot start workers: ${FOUL} when it was loaded or set up`,
  record: `-:7: ${FOUL}`,
  teardown: `in its teardown ${FOUL}`,
};

for (const [phase, says] of Object.entries(PHASES)) {
  test(`a frame that is written by hand in the script's ${phase} ends the job in a sentence`, async () => {
    const { code, stderr } = await runScript(`
${writerOf(HUGE_BODY, 0)}
if (${phase === "load"}) write();
export const setup = () => { if (${phase === "setup"}) write(); };
export const teardown = () => { if (${phase === "teardown"}) write(); };
export default (n) => { if (${phase === "record"} && n === 7) write(); return n; };
`);
    const hint = phase === "record" ? SKIP_HINT : "";
    assert.deepEqual([code, stderr], [1, `pmap: ${says}\n${hint}`]);
  });
}

const CHANGES: Readonly<Record<string, string>> = {
  "a run elsewhere": '{ runs: [{ path: "/etc/passwd", start: 0, end: 10, index: [["a", 0]] }] }',
  "a cut that gives the batch back": "{ cut: { segment: 0, at: 0 } }",
  "a cut elsewhere": "{ cut: { segment: 9, at: 5 } }",
  "another request": "{ id: 12345 }",
  "another type": '{ type: "written" }',
  "output that it keeps": "{ kept: true, bytes: 10 }",
  "a longer body": `{ bytes: ${HUGE} }`,
  "values that do not come": "{ nodes: [{ level: 0, index: 0, bytes: 10 }] }",
  "another source": `{ rejects: [{ kind: "throw", message: "", stack: "", source: 44, offset: 0, line: 1, raw: "", attempts: 1 }] }`,
  "negative counts": "{ counts: { records: -1, emittedFrom: -1, filtered: 0, rejected: 0 } }",
};
const sandbox = ownRuntime === "deno" ? [[], ["--sandbox"]] : [[]];

for (const [i, [what, change]] of Object.entries(CHANGES).entries()) {
  test(`an answer into which a script puts ${what} is not believed`, async () => {
    const source = `
Object.prototype.toJSON = function () { return this.type === "done" && this.counts.records > 0 ? { ...this, ...${change} } : this; };
export default (n) => n;
`;
    const { code, stdout, stderr } = await runScript(source, sandbox[i % sandbox.length]);
    const how = "the script has changed what pmap says in its worker (Object.prototype.toJSON, or the like)";
    const says = `pmap: Cannot run the records from offset 0 of input 1 on: ${how}\n`;
    assert.deepEqual([code, stdout, stderr], [1, "", says]);
  });
}

const EARLY_CUTS: Readonly<Record<string, string>> = {
  "all of a batch": "{ cut: { ...this.cut, segment: 0, at: 0 } }",
  "what is no part of it": "{ cut: { ...this.cut, segment: 9, at: 5 } }",
  "what is behind no records": "{ records: 0 }",
};

for (const [what, change] of Object.entries(EARLY_CUTS)) {
  test(`a worker that leaves ${what} to others is not believed, and nothing is lost`, async () => {
    const source = `
Object.prototype.toJSON = function () { return this.type === "cut" ? { ...this, ...${change} } : this; };
export default (n) => new Promise((done) => setTimeout(done, 5, n));
`;
    const { code, stdout, stderr } = await runScript(source);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout === stdin);
  });
}

test("what a script posts to the thread that has started it is not pmap's, unless it looks like it", async () => {
  const post = ownRuntime === "node" ? "parentPort.postMessage" : "self.postMessage";
  const source = (posted: string) => `
import { parentPort } from "node:worker_threads";
export default (n) => { if (n === 7) for (const each of ${posted}) ${post}(each); return n; };
`;
  const harmless = '[5, -1, 0, "ready", {}, [1, 2], [], null, undefined, new Uint8Array(20)]';
  const first = await runScript(source(harmless), ["--mode", "thread"]);
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.ok(first.stdout === stdin);
  const second = await runScript(source("[[new Uint8Array(20)]]"), ["--mode", "thread"]);
  assert.deepEqual([second.code, second.stderr], [1, `pmap: -:7: ${FOUL}\n${SKIP_HINT}`]);
});
