// URLs against servers of our own: what the requests say, what messages do not say, how bodies are packed.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { detectRuntime } from "../../../../../adapters/detect.ts";
import { reasonOf } from "../../../../../adapters/system/http/request.ts";
import { shownUrl, withoutSecrets } from "../../../../../adapters/system/http/resource.ts";
import { urlSource } from "../../../../../adapters/system/http/url-source.ts";
import { serve } from "../../../../support/server.ts";

const runtime = { name: detectRuntime() };
const jsonl = Buffer.from(Array.from({ length: 5000 }, (_, i) => `{"i":${i}}\n`).join(""));

/** Codings make it hardly shorter. */
const random = Buffer.from(Array.from({ length: 30_000 }, () => `${Math.random()}\n`).join(""));

const routes: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  "/who": (response, { headers }) => response.end(`${headers.authorization}`),
  "/near": (response) => response.writeHead(302, { location: "/who" }).end(),
  "/other-port": (response) => response.writeHead(302, { location: `${other()}/who` }).end(),
  "/other-host": (response) =>
    response.writeHead(302, { location: `${base().replace("127.0.0.1", "localhost")}/who` }).end(),
  "/dead": (response) => response.socket?.destroy(),
  "/cut": (response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write("{}\n", () => response.socket?.destroy());
  },
  "/packed.jsonl.br": (response) => response.end(brotliCompressSync(jsonl)),
  "/cut.jsonl.br": (response) => response.end(brotliCompressSync(jsonl).subarray(0, -1)),
  "/beforehand.jsonl.br": (response) => coded(response, "br", brotliCompressSync(jsonl)),
  "/br.jsonl": (response) => coded(response, "br", brotliCompressSync(jsonl)),
  "/gzip.jsonl": (response) => coded(response, "gzip", gzipSync(jsonl)),
  "/x-gzip.jsonl": (response) => coded(response, "x-gzip", gzipSync(jsonl)),
  "/deflate.jsonl": (response) => coded(response, "deflate", deflateSync(jsonl)),
  "/raw-deflate.jsonl": (response) => coded(response, "deflate", deflateRawSync(jsonl)),
  "/both.jsonl": (response) => coded(response, "deflate, GZIP", gzipSync(deflateSync(jsonl))),
  "/identity.jsonl": (response) => coded(response, "identity", jsonl),
  "/unknown.jsonl": (response) => coded(response, "gzip, compress", jsonl),
  "/constructor.jsonl": (response) => coded(response, "constructor", jsonl),
  "/empty-gzip.jsonl": (response) => coded(response, "gzip", Buffer.alloc(0)),
  "/cut-gzip.jsonl": (response) => cut(response, "gzip", gzipSync(random)),
  "/cut-br.jsonl": (response) => cut(response, "br", brotliCompressSync(random)),
  "/cut-deflate.jsonl": (response) => cut(response, "deflate", deflateSync(random)),
  "/cut-raw-deflate.jsonl": (response) => cut(response, "deflate", deflateRawSync(random)),
  "/short-gzip.jsonl": (response) => {
    const bytes = gzipSync(random);
    response.writeHead(200, { "content-encoding": "gzip", "content-length": bytes.length });
    response.write(bytes.subarray(0, -10), () => response.socket?.destroy());
  },
  "/to-who-gzip": (response) => response.writeHead(302, { location: "/who-gzip" }).end(),
  "/to-other-who-gzip": (response) => response.writeHead(302, { location: `${other()}/who-gzip` }).end(),
  "/who-gzip": (response, { headers }) => coded(response, "gzip", gzipSync(`${headers.authorization}`)),
  "/twice.jsonl.gz": (response) => coded(response, "gzip", gzipSync(gzipSync(jsonl))),
};

function coded(response: ServerResponse, coding: string, bytes: Uint8Array): void {
  response.writeHead(200, { "content-encoding": coding }).end(bytes);
}

/** By HTTP the body is whole: the connection ends behind it, and no length has been told. */
function cut(response: ServerResponse, coding: string, bytes: Uint8Array): void {
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, { "content-encoding": coding, connection: "close" }).end(bytes.subarray(0, -10));
}

const answer = (request: IncomingMessage, response: ServerResponse) =>
  routes[(request.url ?? "").split("?")[0] as string]?.(response, request);
const base = serve(answer);
const other = serve(answer);

/** The URL of a route, with a user and a password. */
const as = (user: string, path: string) => base().replace("//", `//${user}@`) + path;

async function contentOf(url: string): Promise<Buffer> {
  const { read } = urlSource(url, runtime);
  const pieces: Uint8Array[] = [];
  for (let piece = await read(); piece !== undefined; piece = await read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

test("user and password of a URL are what the request says, and not in its name", async () => {
  for (const [typed, said] of [
    ["ada:secret", "ada:secret"],
    ["ada", "ada:"],
    [":secret", ":secret"],
    ["a%40b:p%C3%A4%3A%2F100%", "a@b:pä:/100%"],
    ["ä:%F0%9F%98%80", "ä:😀"],
  ] as const) {
    assert.equal(String(await contentOf(as(typed, "/who"))), basic(said));
    assert.equal(urlSource(as(typed, "/who?token=secret#x"), runtime).name, `${base()}/who`);
  }
  assert.equal(String(await contentOf(`${base()}/who`)), "undefined");
});

test("a redirect takes user and password along on the same host, and not to another", async () => {
  assert.equal(String(await contentOf(as("ada:secret", "/near"))), basic("ada:secret"));
  assert.equal(String(await contentOf(as("ada:secret", "/other-port"))), "undefined");
  assert.equal(String(await contentOf(as("ada:secret", "/other-host"))), "undefined");
});

test("no message has a query or a password", async () => {
  for (const path of ["/dead?token=SECRET", "/cut?token=SECRET"])
    await assert.rejects(contentOf(as("ada:SECRET", path)), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot read "${base()}${path.split("?")[0]}": `), error.message);
      assert.doesNotMatch(error.message, /SECRET|ada/);
      return true;
    });
  for (const url of ["http://ada:SECRET@[::1/x?SECRET", "http://ada:SE/CRET@x/y?SECRET#SECRET", "http://:1?SECRET"])
    assert.throws(
      () => urlSource(url, runtime),
      ({ message }: Error) => /is not a URL/.test(message) && !/CRET|ada/.test(message),
    );
});

test("URLs in what a runtime says lose what may be secret", () => {
  const said = "error sending request for url (http://ada:S@h.test/x?S=(a)&b): client error, https://h.test/y#S.";
  assert.equal(
    withoutSecrets(said),
    "error sending request for url (http://h.test/x): client error, https://h.test/y.",
  );
  assert.equal(reasonOf(new Error("fetch failed", { cause: new Error("no http://h.test/?S") })), "no http://h.test/");
  assert.equal(shownUrl("http://h.test:80/a%20b?S"), "http://h.test/a%20b");
});

test("brotli is known by the end of the path, unless the server calls it the coding of the way", async () => {
  for (const path of ["/packed.jsonl.br", "/packed.jsonl.br?x=1", "/beforehand.jsonl.br"])
    assert.ok((await contentOf(base() + path)).equals(jsonl), path);
  await assert.rejects(contentOf(`${base()}/cut.jsonl.br`), /its brotli data ends too early/);
});

test("a body that is packed for the way is read as what is in it, also when it was packed before", async () => {
  const once = ["/br.jsonl", "/gzip.jsonl", "/x-gzip.jsonl", "/deflate.jsonl", "/raw-deflate.jsonl", "/identity.jsonl"];
  for (const path of [...once, "/both.jsonl", "/twice.jsonl.gz"])
    assert.ok((await contentOf(base() + path)).equals(jsonl), path);
  assert.equal(String(await contentOf(`${base()}/empty-gzip.jsonl`)), "");
});

test("a packed body that is cut off is damage behind the bytes that could be read, whatever HTTP says of it", async () => {
  for (const coding of ["gzip", "br", "deflate", "raw-deflate"]) {
    const { read } = urlSource(`${base()}/cut-${coding}.jsonl`, runtime);
    const begin = await read();
    assert.ok(random.subarray(0, begin?.length).equals(begin as Uint8Array), coding);
    const rest = async () => {
      while ((await read()) !== undefined);
    };
    await assert.rejects(rest, /its \w+ data ends too early, after \d+ bytes of it/, coding);
  }
  await assert.rejects(contentOf(`${base()}/short-gzip.jsonl`), /Cannot read .*\/short-gzip\.jsonl"/);
});

test("a coding that is not known is refused by its name", async () => {
  await assert.rejects(contentOf(`${base()}/unknown.jsonl`), /\/unknown\.jsonl": the server packs it as "compress"/);
  await assert.rejects(contentOf(`${base()}/constructor.jsonl`), /packs it as "constructor"/);
});

test("a redirect to a packed body takes user and password along on the same host alone", async () => {
  assert.equal(String(await contentOf(as("ada:secret", "/who-gzip"))), basic("ada:secret"));
  assert.equal(String(await contentOf(as("ada:secret", "/to-who-gzip"))), basic("ada:secret"));
  assert.equal(String(await contentOf(as("ada:secret", "/to-other-who-gzip"))), "undefined");
});
