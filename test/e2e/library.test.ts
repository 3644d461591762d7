import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import type * as Library from "../../api/index.ts";
import { errorOf, library } from "../support/library.ts";
import { eventually, fixture, processesWith, temporaryFolder } from "../support/run-pmap.ts";

// pmap inside a program: what goes in, what comes out, how it ends.

const { pmap, preduce, PmapError } = library;
const folder = temporaryFolder();
const numbers = Array.from({ length: 1000 }, (_, i) => i);

async function* slowly<T>(values: Iterable<T>) {
  for (const value of values) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield value;
  }
}

test("values come in the order of the input, whatever each takes", async () => {
  const run = pmap(
    async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, n % 7));
      return n;
    },
    numbers,
    { cores: 2 },
  );
  assert.deepEqual(await run.toArray(), numbers);
  const { records, emitted, filtered, rejected, workers } = await run.summary;
  assert.deepEqual([records, emitted, filtered, rejected], [1000, 1000, 0, 0]);
  assert.ok(workers >= 1);
});

test("unordered, every value comes once", async () => {
  const all = await pmap((n: number) => n, numbers, { cores: 2, ordered: false }).toArray();
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    numbers,
  );
});

const inputs: readonly (readonly [what: string, input: () => Parameters<typeof pmap>[1]])[] = [
  ["an array", () => [{ n: 1 }, { n: 2 }, { n: 3 }]],
  ["a set", () => new Set([{ n: 1 }, { n: 2 }, { n: 3 }])],
  [
    "a generator",
    function* () {
      for (const n of [1, 2, 3]) yield { n };
    },
  ],
  ["an asynchronous generator", () => slowly([{ n: 1 }, { n: 2 }, { n: 3 }])],
  ["a path", () => file("three.jsonl", '{"n":1}\n{"n":2}\n{"n":3}\n')],
  ["a URL", () => pathToFileURL(file("three.jsonl", '{"n":1}\n{"n":2}\n{"n":3}\n'))],
  ["a pattern", () => file("three.jsonl", '{"n":1}\n{"n":2}\n{"n":3}\n').replace("three", "thr*")],
  ["files", () => ({ files: [file("one.jsonl", '{"n":1}\n'), file("more.jsonl", '{"n":2}\n{"n":3}\n')] })],
  [
    "a Node stream of bytes",
    () => Readable.from([Buffer.from('{"n":1}\n{"n'), Buffer.from('":2}\n{"n":3}')], { objectMode: false }),
  ],
  [
    "a Node stream of compressed bytes",
    () => Readable.from([gzipSync('{"n":1}\n{"n":2}\n{"n":3}\n')], { objectMode: false }),
  ],
  ["a Node stream of values", () => Readable.from([{ n: 1 }, { n: 2 }, { n: 3 }])],
  ["a web stream of bytes", () => new Blob(['{"n":1}\n{"n":2}\n{"n":3}\n']).stream() as unknown as ReadableStream],
  ["a web stream of text", () => webStream(['{"n":1}\n{"n"', ':2}\n{"n":3}\n'])],
  ["a web stream of values", () => webStream([{ n: 1 }, { n: 2 }, { n: 3 }])],
  ["an asynchronous iterable that answers without promises", () => atOnce([{ n: 1 }, { n: 2 }, { n: 3 }])],
];

function atOnce(values: readonly unknown[]): AsyncIterable<unknown> {
  const iterator = values[Symbol.iterator]();
  return {
    [Symbol.asyncIterator]: () => ({ next: () => iterator.next() as unknown as Promise<IteratorResult<unknown>> }),
  };
}

for (const [what, input] of inputs) {
  test(`${what} is an input`, async () => {
    const doubled = await pmap((record: { n: number }) => record.n * 2, input(), { cores: 1 }).toArray();
    assert.deepEqual(doubled, [2, 4, 6]);
  });
}

function webStream(values: readonly unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const value of values) controller.enqueue(value);
      controller.close();
    },
  });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("a URL of the web is an input, and one that is not there an error of the input", async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/three.jsonl" ? 200 : 404;
    response.end('{"n":1}\n{"n":2}\n');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const web = (path: string) => new URL(`http://127.0.0.1:${port}/${path}`);
    assert.deepEqual(await pmap((r: { n: number }) => r.n, web("three.jsonl")).toArray(), [1, 2]);
    const { code, message } = await errorOf(pmap((r: unknown) => r, web("none.jsonl")).toArray());
    assert.equal(code, "PMAP_INPUT");
    assert.match(message, /^Cannot read "http:.*none\.jsonl": the server said 404/);
  } finally {
    server.close();
  }
});

test("a range is an input, and no input is an empty result", async () => {
  assert.deepEqual(await pmap((n: number) => n, { range: [1, 2, 0.5] }).toArray(), [1, 1.5, 2]);
  assert.deepEqual(await pmap((n: number) => n, []).toArray(), []);
});

test("a stream of texts may be cut anywhere, inside a character too", async () => {
  const line = JSON.stringify("a\u{1f600}\u{1f680}\u00e9");
  const cuts = [...Array(line.length + 1).keys()].map((at) => [line.slice(0, at), `${line.slice(at)}\n`]);
  // Code unit by code unit.
  for (const pieces of [...cuts, line.split("")]) {
    const all = await pmap((text: string) => text, webStream(pieces), { mode: "inline" }).toArray();
    assert.deepEqual(all, [JSON.parse(line)], JSON.stringify(pieces));
  }
});

test("half a character that nothing completes is replaced: before a text, before bytes, at the end", async () => {
  for (const pieces of [
    ['"a\ud83d', '"\n'],
    ['"a\ud83d', Buffer.from('"\n')],
  ]) {
    const all = await pmap((text: string) => text, webStream(pieces), { mode: "inline" }).toArray();
    assert.deepEqual(all, ["a\ufffd"]);
  }
  const atEnd = pmap((text: string) => text, webStream(["a\ud83d"]), { mode: "inline", from: "text" });
  assert.deepEqual(await atEnd.toArray(), ["a\ufffd"]);
});

test("values travel whole: Unicode, nesting, long texts, null", async () => {
  const values = ["", "北京🚀", { a: [null, { b: "\u2028\n\\" }] }, null, true, -0.5, "x".repeat(300_000), "\ud800"];
  assert.deepEqual(await pmap((value: unknown) => value, values, { cores: 2 }).toArray(), values);
});

test("a script is a path, a URL, code or functions", async () => {
  const path = fixture("doubles.mjs");
  assert.deepEqual(await pmap(path, [{ n: 2 }]).toArray(), [{ n: 4 }]);
  assert.deepEqual(await pmap(pathToFileURL(path), [{ n: 2 }]).toArray(), [{ n: 4 }]);
  assert.deepEqual(await pmap({ code: { map: "_ * 2", filter: "_ > 1" } }, [1, 2]).toArray(), [4]);
  assert.deepEqual(await pmap((n: number) => n, [1, 2, 3], { filter: (n: number) => n !== 2 }).toArray(), [1, 3]);
  const shared = pmap((n: number) => n + Number((globalThis as { base?: number }).base), [1], {
    setup: () => {
      (globalThis as { base?: number }).base = 40;
    },
  });
  assert.deepEqual(await shared.toArray(), [41]);
});

test("a generator's values are values of their own, and undefined is none", async () => {
  const twice = pmap(
    function* (n: number) {
      yield n;
      yield -n;
    },
    [1, 2],
  );
  assert.deepEqual(await twice.toArray(), [1, -1, 2, -2]);
  assert.deepEqual(await pmap((n: number) => (n > 1 ? n : undefined), [1, 2]).toArray(), [2]);
});

test("a function with a closure is an error that names what it uses", async () => {
  // Not a literal: some runtimes put those in the place of the variable.
  const factor = Number("2");
  const { code, message } = await errorOf(pmap((n: number) => n * factor, [1]).toArray());
  assert.equal(code, "PMAP_SCRIPT");
  assert.match(message, /^Cannot send the function "map" to workers: it uses factor, and it is not inside it\n/);
  const bound = function (this: number, n: number) {
    return n;
  }.bind(1);
  assert.match((await errorOf(pmap(bound, [1]).toArray())).message, /it is bound, or built in/);
  const typeOnly = await pmap((n: number) => (typeof notThere === "undefined" ? n : 0), [1]).toArray();
  assert.deepEqual(typeOnly, [1]);
});

declare const notThere: unknown;

test("what Vite and vitest make of an import inside a function is one again", async () => {
  file("doubles-here.mjs", "export default (n) => n * 2;");
  const map = new Function(
    `return async (n) => {
       const { basename } = await __vite_ssr_dynamic_import__("node:path");
       const paths = ["/@fs${join(folder, "doubles-here.mjs")}", "/test/fixtures/doubles.mjs"];
       const [own, fixture] = await Promise.all(paths.map((path) => __vite_ssr_dynamic_import__(path)));
       return basename("/a/" + own.default(n) + typeof fixture.default);
     }`,
  )() as (n: number) => Promise<string>;
  assert.deepEqual(await pmap(map, [21]).toArray(), ["42function"]);
});

test("errors have a code, and a record's all that a reject has", async () => {
  const cases: readonly (readonly [code: string, message: RegExp, result: () => PromiseLike<unknown>])[] = [
    ["PMAP_SCRIPT", /^Cannot load ".*nope\.ts": there is no such file$/, () => pmap("nope.ts", [1]).toArray()],
    ["PMAP_SCRIPT", /^Cannot compile map: /, () => pmap({ code: { map: "_ +" } }, [1]).toArray()],
    [
      "PMAP_SCRIPT",
      /^setup threw Error: no/,
      () =>
        pmap((n) => n, [1], {
          setup: () => {
            throw new Error("no");
          },
        }).toArray(),
    ],
    ["PMAP_INPUT", /^Cannot read "nope\.jsonl": there is no such file$/, () => pmap((n) => n, "nope.jsonl").toArray()],
    ["PMAP_INPUT", /^Cannot send value 2 of the input: .*BigInt/, () => pmap((n) => n, [1, 2n]).toArray()],
    ["PMAP_INPUT", /^Cannot send value 1 of the input: .*undefined/, () => pmap((n) => n, [undefined]).toArray()],
    ["PMAP_INPUT", /^Cannot read the input: it threw Error: torn$/, () => pmap((n) => n, throwing()).toArray()],
    ["PMAP_INPUT", /^Cannot read the input: it is number\n/, () => pmap((n) => n, 5 as never).toArray()],
    ["PMAP_OUTPUT", /^Cannot write "\/nowhere\/out\.jsonl": /, () => pmap((n) => n, [1]).writeTo("/nowhere/out.jsonl")],
    [
      "PMAP_USAGE",
      /^Cannot use timeout "soon": expected a duration/,
      () => pmap((n) => n, [1], { timeout: "soon" as never }).toArray(),
    ],
    [
      "PMAP_USAGE",
      /^Cannot use the option "core": there is none of that name/,
      () => pmap((n) => n, [1], { core: 1 } as never).toArray(),
    ],
    ["PMAP_USAGE", /^Cannot reduce: there is no reduce function/, () => preduce((n) => n, [1], {})],
    [
      "PMAP_REJECTS",
      /^Too many rejects: \d, and maxErrors allows 1/,
      () =>
        pmap(
          () => {
            throw new Error("never");
          },
          [1, 2, 3],
          { onError: "skip", maxErrors: 1 },
        ).toArray(),
    ],
  ];
  for (const [code, message, result] of cases) {
    const error = await errorOf(result());
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
  }
  const { code, record } = await errorOf(
    pmap((r: { n: number | null }) => (r.n as number).toFixed(1), [{ n: 1 }, { n: null }]).toArray(),
  );
  assert.equal(code, "PMAP_RECORD");
  assert.deepEqual(
    [record?.source, record?.line, record?.offset, record?.kind, record?.record, record?.attempts],
    ["values", 2, 8, "throw", '{"n":null}', 1],
  );
  assert.match(record?.message ?? "", /^map threw TypeError/);
});

function* throwing() {
  yield 1;
  throw new Error("torn");
}

test("values of the batches before the record that fails come before its error", async () => {
  const seen: number[] = [];
  const run = pmap(
    (n: number) => {
      if (n === 500) throw new Error("half");
      return n;
    },
    numbers,
    { cores: 2 },
  );
  const error = await errorOf(
    (async () => {
      for await (const value of run) seen.push(value);
    })(),
  );
  assert.equal(error.record?.line, 501);
  // What has been committed: whole batches.
  assert.ok(seen.length <= 500);
  assert.deepEqual(seen, numbers.slice(0, seen.length));
});

test("rejects are told with their records, and counted", async () => {
  const run = pmap(
    (n: number) => {
      if (n % 3 === 0) throw new Error(`no ${n}`);
      return n;
    },
    [1, 2, 3, 4, 5, 6],
    { onError: "skip" },
  );
  const { rejects } = run;
  assert.deepEqual(await run.toArray(), [1, 2, 4, 5]);
  const lines: number[] = [];
  for await (const { line, message } of rejects) {
    lines.push(line);
    assert.equal(message, `map threw Error: no ${line}`);
  }
  assert.deepEqual(lines, [3, 6]);
  const { rejected, rejectsByKind } = await run.summary;
  assert.deepEqual([rejected, rejectsByKind], [2, { throw: 2 }]);
});

test("with stats the summary tells how well the workers were used", async () => {
  const run = pmap((n: number) => n, { range: [1, 50_000] }, { cores: 1, stats: true });
  await run.toArray();
  const { stats, seconds } = await run.summary;
  assert.equal(stats?.version, 1);
  assert.equal(stats.records, 50_000);
  assert.equal(stats.total.records, 50_000);
  assert.ok(stats.efficiency > 0 && stats.efficiency <= 1, `${stats.efficiency}`);
  assert.ok(Math.abs(stats.wallMs / 1000 - seconds) < 0.001);
  const plain = pmap((n: number) => n, [1]);
  await plain.toArray();
  assert.equal("stats" in (await plain.summary), false);
});

test("counters and warnings are in the summary", async () => {
  const run = pmap({ code: { map: "(ctx.count('seen', 2), _)" } }, [1, 2, 3]);
  await run.toArray();
  const { counters, bytesIn, bytesOut, seconds } = await run.summary;
  assert.deepEqual([counters, bytesIn, bytesOut], [{ seen: 6 }, 6, 6]);
  assert.ok(seconds > 0);
});

test("onProgress tells how far the job is, and what it throws ends the job", async () => {
  const told: Library.Progress[] = [];
  const options = { cores: 2, onProgress: (progress: Library.Progress) => void told.push(progress) };
  await pmap((n: number) => n, { range: [1, 200_000] }, options).toArray();
  const { seconds, ...last } = told.at(-1) as Library.Progress;
  assert.deepEqual(last, { records: 200_000, rejected: 0, read: 200_000, total: 200_000, unit: "numbers" });
  assert.ok(seconds > 0);
  assert.deepEqual(
    told.map(({ read }) => read),
    told.map(({ read }) => read).sort((a, b) => a - b),
  );
  told.length = 0;
  await pmap((n: number) => n, numbers, options).toArray();
  assert.deepEqual([told.at(-1)?.records, told.at(-1)?.total, told.at(-1)?.unit], [1000, undefined, "bytes"]);
  const onProgress = () => {
    throw new Error("not so fast");
  };
  const slow = pmap((n: number) => new Promise((resolve) => setTimeout(resolve, 5, n)), endless(), { onProgress });
  const { code, message, cause } = await errorOf(slow.toArray());
  assert.deepEqual([code, message], ["PMAP_JOB", "onProgress threw Error: not so fast"]);
  assert.equal((cause as Error).message, "not so fast");
});

const throws = (name: string) => () => {
  throw new Error(`${name} is broken`);
};
const callbacks: [name: keyof Library.PmapOptions, map: (n: number) => unknown][] = [
  ["onProgress", (n) => n],
  // That nothing is emitted is a warning.
  ["onWarning", () => undefined],
  ["onStderr", (n) => console.error(n)],
];
for (const [name, map] of callbacks) {
  test(`what ${name} throws is the error of the job`, async () => {
    const run = pmap(map, numbers, { cores: 1, [name]: throws(name) });
    const { code, message } = await errorOf(run.toArray());
    assert.deepEqual([code, message], ["PMAP_JOB", `${name} threw Error: ${name} is broken`]);
  });
}

test("streams that are in use are an error of the input, or of the output", async () => {
  const input = new ReadableStream<unknown>();
  input.getReader();
  const read = await errorOf(pmap((n: number) => n, input).toArray());
  assert.deepEqual([read.code, read.message.split(":")[0]], ["PMAP_INPUT", "Cannot read the input"]);
  const output = new WritableStream<Uint8Array>();
  output.getWriter();
  const run = pmap((n: number) => n, [1]);
  const written = await errorOf(run.writeTo(output));
  assert.equal((await errorOf(run.summary)).code, "PMAP_OUTPUT");
  assert.deepEqual([written.code, written.message.split(":")[0]], ["PMAP_OUTPUT", "Cannot write to the stream"]);
});

test("bytes in a stream of values are refused, as they are hardly meant as values", async () => {
  const { code, message } = await errorOf(pmap((n: number) => n, Readable.from([Buffer.from("1\n2\n")])).toArray());
  assert.equal(code, "PMAP_INPUT");
  assert.match(message, /a stream in object mode has brought bytes\nMake it one of bytes.*objectMode: false/);
});

test("a job that is cancelled writes nothing more to a stream of Node's", async () => {
  let writes = 0;
  let goOn = () => {};
  const first = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  // It takes one piece, and never says that it wants more.
  const target = new Writable({
    highWaterMark: 1,
    write() {
      writes++;
      goOn();
    },
  });
  const run = pmap(() => "x".repeat(1000), { range: [1, 100_000] });
  const written = errorOf(run.writeTo(target));
  await first;
  await run.cancel();
  assert.equal((await written).code, "PMAP_CANCELLED");
  const listeners = target.eventNames().map((name) => [name, target.listenerCount(name)]);
  assert.deepEqual([writes, listeners, target.writableLength > 0], [1, listeners.filter(([, n]) => n === 0), true]);
});

test("the first results of values that come do not wait for many that take their time", async () => {
  let given = 0;
  async function* values() {
    for (;;) yield given++;
  }
  const slow = (n: number) => new Promise<number>((resolve) => setTimeout(resolve, 5, n));
  for await (const first of pmap(slow, values(), { cores: 2 })) {
    assert.equal(first, 0);
    break;
  }
  // With blocks of 256 KB it was a quarter of a million.
  assert.ok(given < 60_000, `${given}`);
});

test("a result can be asked for once", async () => {
  const run = pmap((n: number) => n, [1]);
  await run.toArray();
  assert.equal((await errorOf(run.toArray())).code, "PMAP_USAGE");
});

test("a file is written whole, in the format of its name, and takes its place at the end", async () => {
  const path = join(folder, "squares.csv");
  const { records } = await pmap((n: number) => ({ n, square: n * n }), [1, 2, 3]).writeTo(path);
  assert.equal(records, 3);
  assert.equal(readFileSync(path, "utf8"), "n,square\n1,1\n2,4\n3,9\n");
  const failed = join(folder, "failed.jsonl");
  await errorOf(
    pmap(() => {
      throw new Error("no");
    }, [1]).writeTo(pathToFileURL(failed)),
  );
  assert.equal(existsSync(failed), false);
});

test("a stream is written to, and left open", async () => {
  const node = new PassThrough();
  await pmap((n: number) => n, [1, 2]).writeTo(node, { to: "json" });
  node.end("end\n");
  assert.equal(Buffer.concat(await node.toArray()).toString(), "[\n1,\n2\n]\nend\n");
  const chunks: Uint8Array[] = [];
  const web = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
  await pmap((n: number) => n, [1, 2]).writeTo(web);
  assert.equal(Buffer.concat(chunks).toString(), "1\n2\n");
  assert.equal(web.locked, false);
});

test("a stream that fails is an error of the output", async () => {
  const broken = new Writable({ write: (_, __, done) => done(new Error("full")) });
  broken.on("error", () => {});
  const many = Array.from({ length: 50_000 }, (_, i) => ({ i, text: "x".repeat(100) }));
  const { code, message } = await errorOf(pmap((r: unknown) => r, many).writeTo(broken));
  assert.deepEqual([code, message], ["PMAP_OUTPUT", "Cannot write to the stream: Error: full"]);
});

const endedStreams: readonly (readonly [what: string, make: () => Promise<Library.ByteTarget>])[] = [
  ["ended", async () => new PassThrough().end()],
  ["ended, with its events behind it", async () => events(new Writable({ write: (_, __, done) => done() }).end())],
  ["destroyed", async () => new PassThrough().destroy()],
  ["destroyed, with its events behind it", async () => events(new PassThrough().destroy())],
  ["destroyed without an event", async () => new Writable({ emitClose: false, write: () => {} }).destroy()],
  ["failed", async () => events(new PassThrough().on("error", () => {}).destroy(new Error("no")))],
  ["the response to a client that has left", goneResponse],
  ["closed, of the web", async () => endedWebStream((stream) => stream.close())],
  ["aborted, of the web", async () => endedWebStream((stream) => stream.abort(new Error("no")))],
];

async function events<Target extends Writable>(target: Target): Promise<Target> {
  await new Promise((resolve) => target.once("close", resolve));
  return target;
}

async function endedWebStream(end: (stream: WritableStream) => Promise<void>): Promise<WritableStream<Uint8Array>> {
  const stream = new WritableStream<Uint8Array>();
  await end(stream);
  return stream;
}

async function goneResponse(): Promise<Library.ByteTarget> {
  const server = createServer();
  const response = new Promise<ServerResponse>((resolve) => {
    server.on("request", (_, each: ServerResponse) => {
      each.once("close", () => resolve(each));
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {});
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const gone = await response;
  server.close();
  return gone;
}

for (const [what, make] of endedStreams) {
  test(`a stream that has ended before the job is an error of the output: ${what}`, async () => {
    const run = pmap(() => "x".repeat(100_000), { range: [1, 20] });
    const { code, message } = await errorOf(run.writeTo(await make()));
    assert.equal(code, "PMAP_OUTPUT");
    assert.match(message, /^Cannot write to the stream: /);
    assert.equal((await errorOf(run.summary)).code, "PMAP_OUTPUT");
  });
}

for (const [what, end] of [
  ["ended", (target: Writable) => target.end()],
  ["destroyed", (target: Writable) => target.destroy()],
] as const) {
  test(`a stream that is ${what} while the job waits for it is an error of the output`, async () => {
    let take = () => {};
    const target = new Writable({
      highWaterMark: 1,
      write(_, __, done) {
        take = done;
      },
    });
    const written = errorOf(pmap(() => "x".repeat(100_000), { range: [1, 20] }).writeTo(target));
    assert.ok(await eventually(() => target.writableNeedDrain));
    end(target);
    take();
    assert.deepEqual(
      [(await written).code, (await written).message],
      ["PMAP_OUTPUT", "Cannot write to the stream: Error: it was closed"],
    );
  });
}

test("a signal that is none is wrong usage, and the summary and a cancellation settle", async () => {
  for (const signal of [new AbortController(), {}, "abort"]) {
    const run = pmap((n: number) => n, [1], { signal: signal as never });
    const { code, message } = await errorOf(run.toArray());
    assert.equal(code, "PMAP_USAGE");
    assert.match(message, /^Cannot use the option "signal": expected an AbortSignal, not /);
    assert.equal((await errorOf(run.summary)).code, "PMAP_USAGE");
    await run.cancel();
    const reduced = preduce((n: number) => n, [1], { reduce: (a, b) => a + b, signal: signal as never });
    assert.equal((await errorOf(reduced)).code, "PMAP_USAGE");
    assert.equal((await errorOf(reduced.summary)).code, "PMAP_USAGE");
  }
});

test("values are a web stream, too, and cancelling it ends the job", async () => {
  const all: number[] = [];
  await pmap((n: number) => n, numbers).readable.pipeTo(new WritableStream({ write: (n) => void all.push(n) }));
  assert.deepEqual(all, numbers);
  const run = pmap((n: number) => n, endless());
  const reader = run.readable.getReader();
  assert.deepEqual((await reader.read()).value, 0);
  await reader.cancel();
  assert.equal((await errorOf(run.summary)).code, "PMAP_CANCELLED");
});

async function* endless() {
  for (let n = 0; ; n++) yield n;
}

test("leaving the loop ends the workers, and the input", async () => {
  const name = `PMAP_TEST_${process.pid}_${Math.random()}`;
  process.env[name] = "1";
  let isClosed = false;
  async function* input() {
    try {
      yield* endless();
    } finally {
      isClosed = true;
    }
  }
  try {
    const run = pmap((n: number) => n, input(), { cores: 2 });
    let count = 0;
    for await (const _ of run) if (++count === 10) break;
    assert.ok(await eventually(() => processesWith(`${name}=1`).length === 0));
    assert.equal(isClosed, true);
    assert.equal((await errorOf(run.summary)).code, "PMAP_CANCELLED");
  } finally {
    delete process.env[name];
  }
});

test("an action that throws ends the job, and one that waits is waited for", async () => {
  let isClosed = false;
  async function* input() {
    try {
      yield* endless();
    } finally {
      isClosed = true;
    }
  }
  const seen: number[] = [];
  const run = pmap((n: number) => n, input(), { cores: 1 });
  const failed = run.forEach(async (n) => {
    await null;
    seen.push(n);
    if (n === 3) throw new RangeError("enough");
  });
  await assert.rejects(failed, /^RangeError: enough$/);
  assert.deepEqual(seen, [0, 1, 2, 3]);
  assert.ok(await eventually(() => isClosed));
  assert.equal((await errorOf(run.summary)).code, "PMAP_CANCELLED");
});

test("an input that fails says so after the values before it, however it fails", async () => {
  const failing: (() => AsyncIterable<number>)[] = [
    async function* () {
      yield 1;
      throw new Error("torn");
    },
    () => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          throw new Error("torn");
        },
      }),
    }),
    () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("torn")) }) }),
  ];
  for (const input of failing) {
    const { code, message } = await errorOf(pmap((n: number) => n, input()).toArray());
    assert.deepEqual([code, message], ["PMAP_INPUT", "Cannot read the input: it threw Error: torn"]);
  }
  async function* unprintable() {
    yield 1;
    yield () => 1;
  }
  const { code, message } = await errorOf(pmap((n: unknown) => n, unprintable()).toArray());
  assert.deepEqual([code, /^Cannot send value 2 of the input: /.test(message)], ["PMAP_INPUT", true]);
});

test("a signal, cancel and disposal end the job", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  let goOn = () => {};
  async function* input() {
    yield 0;
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    yield 1;
  }
  const loops = (n: number) => {
    while (n > 0);
    return n;
  };
  const aborted = pmap(loops, input(), { signal: controller.signal });
  const values = aborted[Symbol.asyncIterator]();
  await values.next();
  goOn();
  controller.abort(reason);
  const error = await errorOf(values.next());
  assert.deepEqual([error.code, error.cause], ["PMAP_CANCELLED", reason]);
  assert.equal(
    (await errorOf(pmap((n: number) => n, [1], { signal: controller.signal }).toArray())).code,
    "PMAP_CANCELLED",
  );
  const early = pmap((n: number) => n, [1]);
  await early.cancel();
  assert.equal((await errorOf(early.toArray())).code, "PMAP_CANCELLED");
  await pmap((n: number) => n, [1])[Symbol.asyncDispose]();
});

test("an endless input is read only as far as it is worked on", async () => {
  let made = 0;
  async function* input() {
    for (;;) yield { n: made++, text: "x".repeat(1000) };
  }
  const values = pmap((r: { n: number }) => r.n, input(), { cores: 1 })[Symbol.asyncIterator]();
  for (let i = 0; i < 100; i++) await values.next();
  // What may wait is bounded: sooner or later it asks for no more.
  for (let before = -1; made !== before; ) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await values.return?.();
});

test("a reduce is a promise of one value, with the bits of the command line", async () => {
  const sum = await preduce(
    (n: number) => 1 / n,
    { range: [1, 100_000] },
    { reduce: (a: number, b: number) => a + b, cores: 1 },
  );
  const again = await preduce(
    (n: number) => 1 / n,
    { range: [1, 100_000] },
    { reduce: (a: number, b: number) => a + b, cores: 2 },
  );
  assert.equal(sum, again);
  const script = file("sum.mjs", "export const map = (r) => r.n; export const reduce = (a, b) => a + b;");
  assert.equal(await preduce(script, [{ n: 1 }, { n: 2 }]), 3);
  const nothing: unknown = await preduce((n: number) => n, [], { reduce: (a: number, b: number) => a + b });
  assert.equal(nothing, undefined);
  const run = preduce((n: number) => n, [1, 2], { reduce: (a: number, b: number) => a + b });
  assert.equal(await run, 3);
  assert.equal(await run, 3);
  assert.equal((await run.summary).records, 2);
});

const shared = { n: 1 };
const initials: readonly unknown[] = [
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  -0,
  0n,
  null,
  "",
  new Date(0),
  new Date(Number.NaN),
  new Set([1, "a"]),
  new Map([[{ n: 1 }, [2n]]]),
  { max: Number.NEGATIVE_INFINITY, at: undefined, "-0": -0 },
  Object.assign(Object.create(null), { n: 1 }),
  JSON.parse('{"__proto__":1,"toJSON":2,"$pmap":["date",3]}'),
  // biome-ignore lint/suspicious/noSparseArray: holes are kept
  [, 1, ,],
  [shared, shared],
];

test("an initial that is a value is the same value in workers", async () => {
  const keep = (a: unknown) => a;
  const finish = (a: unknown) => [
    process.getBuiltinModule("node:util").inspect(a, { depth: 9 }),
    Array.isArray(a) && typeof a[0] === "object" && a[0] === a[1],
  ];
  const script = file("keeps.mjs", `export const reduce = (a, _) => a, merge = ${keep}, finish = ${finish};`);
  for (const initial of initials) {
    const whole = finish(initial);
    assert.deepEqual(await preduce(undefined, [], { reduce: (a, _) => a, merge: keep, finish, initial }), whole);
    assert.deepEqual(await preduce(script, [], { initial }), whole);
  }
  const max = (a: number, b: number) => Math.max(a, b);
  assert.equal(await preduce(undefined, [-5, -7], { reduce: max, initial: Number.NEGATIVE_INFINITY }), -5);
});

const unsendable: readonly (readonly [what: string, initial: unknown, why: RegExp])[] = [
  ["an instance of a class", { at: new URL("http://a/") }, /an instance of URL/],
  ["a function inside", { f: () => 1 }, /a function/],
  ["a symbol", Symbol("s"), /a symbol/],
  ["a getter", Object.defineProperty({}, "n", { get: () => 1, enumerable: true }), /a getter/],
  ["a property of an array", Object.assign([1], { n: 1 }), /the property "n" of an array/],
];

for (const [what, initial, why] of unsendable) {
  test(`an initial with what no worker can get is refused: ${what}`, async () => {
    const { code, message } = await errorOf(preduce(undefined, [1], { reduce: (a, _) => a, initial }));
    assert.equal(code, "PMAP_USAGE");
    assert.match(message, /^Cannot use the option "initial": /);
    assert.match(message, why);
    assert.match(message, /\nGive a function that makes it$/);
  });
}

test("groups are a map in the order of the keys, also with a finish; or entries", async () => {
  const options = {
    key: (word: string) => word[0] ?? "",
    initial: 0,
    reduce: (n: number, _: string) => n + 1,
    merge: (a: number, b: number) => a + b,
    finish: (n: number) => ({ n }),
  };
  const words = ["pear", "apple", "plum", "fig"];
  const groups = await preduce((word: string) => word, words, options);
  assert.deepEqual(
    [...groups],
    [
      ["a", { n: 1 }],
      ["f", { n: 1 }],
      ["p", { n: 2 }],
    ],
  );
  const entries: unknown[] = [];
  for await (const entry of preduce((word: string) => word, words, options).entries()) entries.push(entry);
  assert.deepEqual(entries, [...groups]);
  const one = preduce((n: number) => n, [1], { reduce: (a: number, b: number) => a + b });
  assert.match((await errorOf(one.entries().next())).message, /^Cannot give entries: there is no key function/);
});

test("integers beyond a double stay whole with bigints, both ways", async () => {
  const values = await pmap((n: bigint) => n + 1n, [2n ** 63n], { bigints: true }).toArray();
  assert.deepEqual(values, [2n ** 63n + 1n]);
});

test("two jobs at once do not meet", async () => {
  const one = pmap((n: number) => n + 1, numbers, { cores: 1 });
  const other = pmap((n: number) => n - 1, numbers, { cores: 1 });
  const [up, down] = await Promise.all([one.toArray(), other.toArray()]);
  assert.deepEqual(
    up,
    numbers.map((n) => n + 1),
  );
  assert.deepEqual(
    down,
    numbers.map((n) => n - 1),
  );
});

test("what a script prints goes to onStderr", async () => {
  let printed = "";
  const onStderr = (bytes: Uint8Array) => {
    printed += new TextDecoder().decode(bytes);
  };
  await pmap((n: number) => console.log(`saw ${n}`), [1, 2], { cores: 1, onStderr }).toArray();
  assert.equal(printed, "saw 1\nsaw 2\n");
});

test("a function runs in this very thread with the mode inline, and what it prints is the program's", async () => {
  const values = await pmap((n: number) => [n, (globalThis as { tag?: string }).tag], [1], {
    mode: "inline",
  }).toArray();
  assert.deepEqual(values, [[1, null]]);
});

test("PmapError is an error", () => {
  const error = new PmapError("PMAP_JOB", "no");
  assert.ok(error instanceof Error);
  assert.equal(String(error), "PmapError: no");
});

test("an option of a wrong type is an error of usage by its name, and nothing is written", async () => {
  const wrong = [true, 5, {}, [5], ["x", {}], Symbol("x")];
  const names =
    "from ordered cores runtime engine mode args conf ship report trace profile stats errors filesFrom glob columns filter " +
    "map reduce onStderr onWarning onProgress handleSignals signal";
  for (const name of names.split(" ")) {
    for (const value of wrong) {
      // Of those that are of the right type for one of these there is another test.
      if ((value === true && /^(ordered|stats|handleSignals)$/.test(name)) || (value === 5 && name === "cores"))
        continue;
      if (name === "conf" && value !== true) continue;
      const options = { reduce: (a: number) => a, [name]: value } as never;
      const { code, message } = await errorOf(preduce((n: number) => n, [1], options));
      assert.equal(code, "PMAP_USAGE", `${name} ${String(value)}: ${message}`);
      assert.match(message, new RegExp(`^Cannot use the option "${name}": `));
    }
  }
  // No file has the text of a value as its name.
  for (const value of ["true", "5", "x", "[object Object]"]) assert.equal(existsSync(value), false);
});

test("options that are no object of options are wrong usage, and nothing is written", async () => {
  const path = join(folder, "no-options.jsonl");
  for (const options of [4, "x", true, () => {}, [], [4], Symbol("x"), new Map(), new AbortController().signal]) {
    const jobs: readonly (readonly [what: string, job: PromiseLike<unknown>])[] = [
      ["the options", pmap((n: number) => n, [1], options as never).toArray()],
      ["the options", pmap((n: number) => n, [1], options as never).writeTo(path)],
      ["the options", preduce((n: number) => n, [1], options as never)],
      ["the options of writeTo", pmap((n: number) => n, [1]).writeTo(path, options as never)],
      ["the options of writeTo", pmap((n: number) => n, [1]).writeTo(new PassThrough(), options as never)],
    ];
    for (const [what, job] of jobs) {
      const { code, message } = await errorOf(job);
      assert.equal(code, "PMAP_USAGE");
      assert.ok(message.startsWith(`Cannot use ${what}: expected an object, not `), message);
    }
  }
  assert.equal(existsSync(path), false);
});

test("null options are not there", async () => {
  const options = {
    cores: null,
    signal: null,
    onStderr: null,
    onProgress: null,
    filter: null,
    header: null,
    limit: null,
  };
  assert.deepEqual(await pmap((n: number) => n, [1, 2], options as never).toArray(), [1, 2]);
  assert.deepEqual(await pmap((n: number) => n, [1, 2], null as never).toArray(), [1, 2]);
  assert.equal((await pmap((n: number) => n, [1]).writeTo(join(folder, "n.jsonl"), { to: null } as never)).records, 1);
});

const wrongUses: readonly (readonly [what: string, RegExp, run: () => PromiseLike<unknown>])[] = [
  ...["a.csv", [5], undefined, null, {}].map(
    (files) =>
      [
        `files: ${JSON.stringify(files)}`,
        /^Cannot use { files } as the input: expected an array of paths and URLs, not /,
        () => pmap((n) => n, { files } as never).toArray(),
      ] as const,
  ),
  ...["1..3", 5, ["1", "3"], [{}], undefined, null].map(
    (range) =>
      [
        `range: ${JSON.stringify(range)}`,
        /^Cannot use { range } as the input: expected \[from, to\] or \[from, to, step\], not /,
        () => pmap((n) => n, { range } as never).toArray(),
      ] as const,
  ),
  ...[null, 5, "_", [], { map: 5 }].map(
    (code) =>
      [
        `code: ${JSON.stringify(code)}`,
        /^Cannot use { code } as the script: expected an object of strings, not /,
        () => pmap({ code } as never, [1]).toArray(),
      ] as const,
  ),
  ...[5, "ms", { ms: 5 }].map(
    (modules) =>
      [
        `modules: ${JSON.stringify(modules)}`,
        /^Cannot use the modules of { code }: expected an object of strings, not /,
        () => pmap({ code: { map: "_" }, modules } as never, [1]).toArray(),
      ] as const,
  ),
  ...[null, 5, {}, [], true].map(
    (script) =>
      [
        `the script: ${JSON.stringify(script)}`,
        /^Cannot use the script: expected a function, a path, a URL or { code }, not /,
        () => pmap(script as never, [1]).toArray(),
      ] as const,
  ),
  ...[undefined, null, 5, {}, [], true, { write: 5 }].map(
    (target) =>
      [
        `the target: ${JSON.stringify(target)}`,
        /^Cannot use the target of writeTo: expected a path, a URL or a stream that can be written to, not /,
        () => pmap((n) => n, [1]).writeTo(target as never),
      ] as const,
  ),
  ...[undefined, null, 5, {}].map(
    (action) =>
      [
        `the action: ${JSON.stringify(action)}`,
        /^Cannot use the action of forEach: expected a function, not /,
        () => pmap((n) => n, []).forEach(action as never),
      ] as const,
  ),
  [
    "a map twice",
    /^Cannot use the option "map": the script gives its own map$/,
    () => preduce((n) => n, [1], { map: (n: number) => n * 2, reduce: (a: number, b: number) => a + b }),
  ],
  [
    "a filter twice",
    /^Cannot use the option "filter": the script gives its own filter$/,
    () => pmap({ code: { map: "_", filter: "_ > 1" } }, [1], { filter: (n: number) => n > 2 }).toArray(),
  ],
  [
    "filesFrom with a range",
    /^Cannot use filesFrom with { range }: the range is the input$/,
    () => pmap((n) => n, { range: [1, 2] }, { filesFrom: "list.txt" }).toArray(),
  ],
  ["glob with values", /^Cannot use glob: /, () => pmap((n) => n, [1, 2], { glob: "*.csv" }).toArray()],
  ["glob with a range", /^Cannot use glob: /, () => pmap((n) => n, { range: [1, 2] }, { glob: "*.csv" }).toArray()],
];

for (const [what, message, run] of wrongUses) {
  test(`what is of a wrong type, or said twice, is an error of usage: ${what}`, async () => {
    const error = await errorOf(run());
    assert.equal(error.code, "PMAP_USAGE");
    assert.match(error.message, message);
  });
}
