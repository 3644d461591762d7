// Servers that give parts of what they have: read over several connections, and on where one of them breaks.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";
import { serve } from "../support/server.ts";

const folder = temporaryFolder();
const words = "words ".repeat(200);
const records = 30_000;
/** Some 36 MB: parts are of 8 MiB. */
const bytes = Buffer.from(Array.from({ length: records }, (_, i) => `{"i":${i},"text":"${words}"}\n`).join(""));
const expected = Array.from({ length: records }, (_, i) => `${i}\n`).join("");

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly isPart: boolean;
  /** Requests before it. */
  readonly before: number;
}

type Behaviour = (response: ServerResponse, asked: Asked) => void;

const heads = { "accept-ranges": "bytes", etag: '"1"' };
const whole: Behaviour = (response) => {
  response.writeHead(200, { ...heads, "content-length": bytes.length }).end(bytes);
};
const part: Behaviour = (response, { from, to }) => {
  const range = { "content-range": `bytes ${from}-${to - 1}/${bytes.length}`, "content-length": to - from };
  response.writeHead(206, { ...heads, ...range }).end(bytes.subarray(from, to));
};
const plain: Behaviour = (response, asked) => (asked.isPart ? part : whole)(response, asked);
/** The connection breaks behind a number of bytes. */
const cutAfter =
  (most: number): Behaviour =>
  (response, asked) => {
    const { from, to, isPart } = asked;
    const range = isPart ? { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` } : {};
    response.writeHead(isPart ? 206 : 200, { ...heads, ...range, "content-length": to - from });
    response.write(bytes.subarray(from, Math.min(to, from + most)), () => response.socket?.destroy());
  };

const MONDAY = "Mon, 01 Jan 2024 00:00:00 GMT";
const TUESDAY = "Tue, 02 Jan 2024 00:00:00 GMT";
/** Of the same length. */
const other = Buffer.from(bytes.toString().replaceAll("words", "WORDS").replaceAll('"i":', '"j":'));

/** A server that does not look at If-Range has another file after a number of requests, and says so. */
const otherAfter =
  (
    requests: number,
    known: Readonly<Record<string, string>>,
    said: Readonly<Record<string, string>>,
    now = other,
  ): Behaviour =>
  (response, { from, to, isPart, before }) => {
    const isOther = before >= requests;
    const range = isPart ? { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` } : {};
    const heads = { "accept-ranges": "bytes", ...range, "content-length": to - from };
    response.writeHead(isPart ? 206 : 200, { ...heads, ...(isOther ? said : known) });
    response.end((isOther ? now : bytes).subarray(from, to));
  };

const behaviours: Readonly<Record<string, Behaviour>> = {
  "/plain.jsonl": plain,
  "/cut.jsonl": (response, asked) => (asked.before % 2 === 0 ? cutAfter(3_000_000) : plain)(response, asked),
  "/gone.jsonl": (response, asked) => (asked.isPart ? cutAfter(0) : cutAfter(3_000_000))(response, asked),
  "/busy.jsonl": (response, asked) => {
    if (asked.isPart && asked.before % 3 === 1) response.writeHead(503).end();
    else plain(response, asked);
  },
  "/no-parts.jsonl": whole,
  "/changed.jsonl": (response, asked) => {
    if (!asked.isPart) cutAfter(3_000_000)(response, asked);
    else response.writeHead(200, { ...heads, etag: '"2"', "content-length": 3 }).end("{}\n");
  },
  "/other-tag.jsonl": otherAfter(2, { etag: '"1"' }, { etag: '"2"' }),
  "/other-time.jsonl": otherAfter(2, { "last-modified": MONDAY }, { "last-modified": TUESDAY }),
  "/other-weak-tag.jsonl": otherAfter(
    2,
    { etag: 'W/"1"', "last-modified": MONDAY },
    { etag: 'W/"2"', "last-modified": TUESDAY },
  ),
  "/other-first.jsonl": otherAfter(1, { etag: '"1"' }, { etag: '"2"' }),
  "/unnamed.jsonl": otherAfter(1, { etag: '"1"' }, {}, bytes),
  "/expired.jsonl": (response, asked) => {
    if (asked.isPart && asked.before > 1) response.writeHead(403).end();
    else plain(response, asked);
  },
};

const requests = new Map<string, { count: number; now: number; most: number; ifRange: Set<unknown> }>();

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? "";
  const seen = requests.get(path) ?? { count: 0, now: 0, most: 0, ifRange: new Set() };
  requests.set(path, seen);
  const before = seen.count++;
  seen.most = Math.max(seen.most, ++seen.now);
  response.on("close", () => seen.now--);
  const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (from !== undefined) seen.ifRange.add(request.headers["if-range"]);
  const to = last === undefined ? bytes.length : Number(last) + 1;
  behaviours[path]?.(response, { from: Number(from ?? 0), to, isPart: from !== undefined, before });
}

const base = serve(answer);
const run = (path: string, ...more: string[]) => runPmap(["-e", "_.i", ...more, base() + path], { cwd: folder });

for (const path of [
  "/plain.jsonl",
  "/cut.jsonl",
  "/busy.jsonl",
  "/no-parts.jsonl",
  "/unnamed.jsonl",
  "/other-first.jsonl",
]) {
  test(`${path.slice(1, -6)}: all of it, in order`, async () => {
    const { code, stdout, stderr } = await run(path);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout === expected);
  });
}

test("a long one is read over several connections, and each says what it goes on with", async () => {
  await run("/plain.jsonl");
  const { most, ifRange } = requests.get("/plain.jsonl") ?? { most: 0, ifRange: new Set() };
  assert.ok(most > 2 && most <= 5, `${most} connections at once`);
  assert.deepEqual([...ifRange], ['"1"']);
});

test("a job that wants little asks for no parts", async () => {
  requests.delete("/plain.jsonl");
  const { stdout } = await run("/plain.jsonl", "--limit", "2");
  assert.deepEqual([stdout, requests.get("/plain.jsonl")?.count], ["0\n1\n", 1]);
});

for (const [path, says] of [
  ["/gone.jsonl", "the connection broke after \\d+ bytes \\(.+\\)"],
  ["/changed.jsonl", "it has changed since it was asked for"],
  ["/other-tag.jsonl", "it has changed since it was asked for"],
  ["/other-time.jsonl", "it has changed since it was asked for"],
  ["/other-weak-tag.jsonl", "it has changed since it was asked for"],
  ["/expired.jsonl", "the server said 403 Forbidden"],
] as const) {
  test(`${path.slice(1, -6)}: an error behind the records before it`, async () => {
    const { code, stdout, stderr } = await run(path);
    assert.equal(code, 1, stderr);
    assert.ok(expected.startsWith(stdout) && stdout.length > 0);
    assert.match(stderr, new RegExp(`^pmap: Cannot read "${base()}${path}": ${says}\n$`));
  });
}
