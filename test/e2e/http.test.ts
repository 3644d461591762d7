// http(s) inputs, against a server of our own: what they are read as, and what can go wrong.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { ownRuntime, runPmap, temporaryFolder } from "../support/run-pmap.ts";
import { serve } from "../support/server.ts";

const folder = temporaryFolder();
const jsonl = Array.from({ length: 20_000 }, (_, i) => `{"i":${i},"text":"line ${i}"}\n`).join("");
const expected = Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join("");
const SHORT = '{"i":0}\n{"i":1}\n{"i":2}\n';
const isPrefix = (text: string) => expected.startsWith(text) && text.length > 0;

const routes: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/lines.jsonl": (response) => response.end(jsonl),
  "/long.jsonl": (response) => response.writeHead(200, { "content-length": jsonl.length }).end(jsonl),
  "/packed.jsonl.gz": (response) => response.end(gzipSync(jsonl)),
  "/packed.jsonl.br": (response) => response.end(brotliCompressSync(jsonl)),
  "/encoded.jsonl": (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(jsonl)),
  "/encoded-cut.jsonl": (response) => {
    response.useChunkedEncodingByDefault = false;
    const bytes = gzipSync(jsonl).subarray(0, -1000);
    response.writeHead(200, { "content-encoding": "gzip", connection: "close" }).end(bytes);
  },
  "/encoded-two.jsonl": (response) => {
    const bytes = Buffer.concat([gzipSync(SHORT), Buffer.alloc(4), gzipSync(SHORT)]);
    response.writeHead(200, { "content-encoding": "gzip" }).end(bytes);
  },
  "/encoded-garbage.jsonl": (response) => {
    const bytes = Buffer.concat([gzipSync(jsonl), Buffer.from("\0any garbage")]);
    response.writeHead(200, { "content-encoding": "gzip" }).end(bytes);
  },
  "/deflate-garbage.jsonl": (response) => {
    const bytes = Buffer.concat([deflateSync(jsonl), Buffer.from("garbage")]);
    response.writeHead(200, { "content-encoding": "deflate" }).end(bytes);
  },
  "/encoded-unknown.jsonl": (response) => response.writeHead(200, { "content-encoding": "lzma" }).end("?"),
  "/rows.csv": (response) => response.end('a,b\n1,"x\ny"\n'),
  "/moved": (response) => response.writeHead(302, { location: "/lines.jsonl" }).end(),
  "/circle": (response) => response.writeHead(302, { location: "/circle" }).end(),
  "/empty": (response) => response.writeHead(204).end(),
  "/closed.jsonl": (response) => response.socket?.destroy(),
  "/secret": (response) => response.writeHead(403).end("no"),
  "/cut.jsonl": (response) => {
    response.writeHead(200, { "content-length": jsonl.length });
    response.write(jsonl.slice(0, jsonl.length / 2), () => response.socket?.destroy());
  },
  "/cut-chunked.jsonl": (response) => {
    response.write(jsonl.slice(0, jsonl.length / 2), () => response.socket?.destroy());
  },
  "/short.jsonl": (response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write(SHORT, () => response.socket?.destroy());
  },
  "/short-chunked.jsonl": (response) => {
    response.write(SHORT, () => response.socket?.destroy());
  },
  // Without the last chunk, and with a connection that is closed in order.
  "/short-closed.jsonl": (response) => {
    const head = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    response.socket?.end(`${head}${SHORT.length.toString(16)}\r\n${SHORT}\r\n`);
  },
  "/endless.jsonl": (response) => {
    response.write(jsonl);
  },
};

const base = serve((request, response) => {
  const route = routes[(request.url ?? "").split("?")[0] as string];
  if (route === undefined) response.writeHead(404).end("<html>not found</html>");
  else if (request.headers.authorization !== undefined) response.end(JSON.stringify(request.headers.authorization));
  else route(response);
});
const run = (args: readonly string[], stdin = "") => runPmap(args, { cwd: folder, stdin });

test("a URL is read as what it is: plain, compressed, behind a redirect, by the name of its path", async () => {
  for (const path of [
    "/lines.jsonl",
    "/long.jsonl",
    "/packed.jsonl.gz",
    "/packed.jsonl.br",
    "/encoded.jsonl",
    "/moved",
  ]) {
    const { code, stdout, stderr } = await run(["-c", "2", "-e", "_.i", base() + path]);
    assert.deepEqual([code, stderr], [0, ""], path);
    assert.ok(stdout === expected, path);
  }
  const rows = await run(["-e", "[_.b, ctx.source]", `${base()}/rows.csv?token=secret`]);
  assert.equal(rows.stdout, `["x\\ny","${base()}/rows.csv"]\n`);
  assert.deepEqual([(await run(["-e", "_", `${base()}/empty`])).stdout], [""]);
  const listed = await run(["--files-from", "-", "-e", "_.i"], `${base()}/long.jsonl\n${base()}/lines.jsonl\n`);
  assert.ok(listed.stdout === expected + expected, listed.stderr);
});

test("what cannot be had is told before the first record, without the query", async () => {
  for (const [path, says] of [
    ["/none.jsonl?token=secret", "the server said 404 Not Found"],
    ["/secret", "the server said 403 Forbidden"],
    ["/circle", ".*redirect.*"],
  ] as const) {
    const { code, stdout, stderr } = await run(["-e", "_", base() + path]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, new RegExp(`^pmap: Cannot read "${base()}${path.split("?")[0]}": ${says}\n$`, "i"));
  }
  const closed = await run(["-e", "_", "http://127.0.0.1:9/x"]);
  assert.equal(closed.code, 2);
  assert.match(closed.stderr, /^pmap: Cannot read "http:\/\/127\.0\.0\.1:9\/x": .+\n$/);
});

test("a connection that breaks is an error behind the records before it", async () => {
  for (const path of ["/cut.jsonl", "/cut-chunked.jsonl"]) {
    const { code, stdout, stderr } = await run(["-e", "_.i", base() + path]);
    assert.equal(code, 1, path);
    assert.ok(isPrefix(stdout), path);
    assert.match(stderr, /^pmap: Cannot read "http.*jsonl": (the connection broke|it ended) after \d+ bytes.*\n$/);
  }
});

test("a short body that is cut off is an error behind its records, which Bun may lose", async () => {
  for (const path of ["/short.jsonl", "/short-chunked.jsonl", "/short-closed.jsonl"]) {
    const { code, stdout, stderr } = await run(["-e", "_.i", base() + path]);
    assert.equal(code, 1, path);
    if (ownRuntime === "bun") {
      assert.ok(["", "0\n1\n2\n"].includes(stdout), stdout);
      assert.match(
        stderr,
        /the connection broke after (0|24) bytes \(ECONNRESET.*; Bun may lose what came just before\)\n$/,
      );
      assert.doesNotMatch(stderr, /verbose/);
    } else {
      assert.equal(stdout, "0\n1\n2\n", path);
      assert.match(stderr, /^pmap: Cannot read "http[^"]*": the connection broke after 24 bytes \(.+\)\n$/);
    }
  }
});

test("a second URL that is not there ends the job behind the first", async () => {
  const { code, stdout, stderr } = await run(["-e", "_.i", `${base()}/lines.jsonl`, `${base()}/none.jsonl`]);
  assert.deepEqual([code, stderr], [1, `pmap: Cannot read "${base()}/none.jsonl": the server said 404 Not Found\n`]);
  assert.ok(stdout === expected);
});

test("a job that wants no more does not wait for the server", async () => {
  const { code, stdout } = await run(["-e", "_.i", "--limit", "2", `${base()}/endless.jsonl`]);
  assert.deepEqual([code, stdout], [0, "0\n1\n"]);
});

test("a URL with a user and a password asks with them, and no message has them", async () => {
  const url = (path: string) => base().replace("//", "//ada:p%40ss@") + path;
  const asked = await run(["-e", "[_, ctx.source]", url("/lines.jsonl")]);
  const basic = `Basic ${Buffer.from("ada:p@ss").toString("base64")}`;
  assert.deepEqual([asked.stdout, asked.stderr], [`["${basic}","${base()}/lines.jsonl"]\n`, ""]);
  for (const args of [[`${base()}/closed.jsonl?token=p%40ss`], ["--from", "file", url("/lines.jsonl")]]) {
    const { code, stderr } = await run(["-e", "_", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, /^pmap: Cannot read "http:\/\/127\.0\.0\.1:\d+\/\w+\.jsonl"/);
    assert.doesNotMatch(stderr, /p%40ss|ada/);
  }
});

test("a packed body that is cut off ends the job behind the records before, an unknown coding before the first", async () => {
  const cut = await run(["-c", "2", "-e", "_.i", `${base()}/encoded-cut.jsonl`]);
  assert.equal(cut.code, 1);
  assert.ok(isPrefix(cut.stdout) && cut.stdout.endsWith("\n"));
  assert.match(cut.stderr, /^pmap: Cannot read "[^"]*": its gzip data ends too early, after \d+ bytes of it\n/);
  const unknown = await run(["-e", "_.i", `${base()}/encoded-unknown.jsonl`]);
  const why = 'the server packs it as "lzma" (Content-Encoding), which pmap does not know';
  assert.deepEqual(
    [unknown.code, unknown.stdout, unknown.stderr],
    [2, "", `pmap: Cannot read "${base()}/encoded-unknown.jsonl": ${why}\n`],
  );
});

test("all of a packed body is read, and what stands behind its end is an error", async () => {
  const two = await run(["-e", "_.i", `${base()}/encoded-two.jsonl`]);
  assert.deepEqual([two.code, two.stdout, two.stderr], [0, "0\n1\n2\n0\n1\n2\n", ""]);
  for (const [path, compression] of [
    ["/encoded-garbage.jsonl", "gzip"],
    ["/deflate-garbage.jsonl", "deflate"],
  ] as const) {
    const { code, stdout, stderr } = await run(["-e", "_.i", base() + path]);
    assert.equal(code, 1, stderr);
    assert.ok(stdout === expected, path);
    const says = `^pmap: Cannot read "[^"]*": its ${compression} data goes on behind its end, after \\d+ bytes of it\n`;
    assert.match(stderr, new RegExp(says));
  }
});
