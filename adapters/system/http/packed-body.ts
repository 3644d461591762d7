/** What a server sends, packed as it sends it, and an error where it is cut off: fetch alone does not always see that. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { RuntimeName } from "../../../core/platform/runtime.ts";
import type { Resource } from "./resource.ts";

type HeadersSaid = Readonly<Record<string, string>>;

/** Deno unpacks no body where a request says which codings it takes, Bun where it is told so. Node always does. */
export async function fetchPacked({ url, headers, ended }: Resource, runtime: RuntimeName): Promise<Response> {
  const signal = ended ?? null;
  const init: RequestInit & { readonly decompress: boolean } = { headers, signal, decompress: false };
  const response = await fetch(url, init);
  if (runtime !== "node" || !response.ok || response.body === null || !mayEndUnseen(response.headers)) return response;
  // Detached: it is not read.
  response.body.cancel().catch(() => {});
  return await askAgain(response.url, withoutUser(headers, url, response.url), ended);
}

/** Node's fetch takes a body for whole that is packed and cut off, or in chunks of which the last is missing at a close. */
function mayEndUnseen(headers: Headers): boolean {
  if (headers.get("content-encoding") !== null) return true;
  const closes = /\bclose\b/i.test(headers.get("connection") ?? "");
  return closes && /\bchunked\b/i.test(headers.get("transfer-encoding") ?? "");
}

/** What fetch says for itself on Node: the server answers the same to the same request. */
const FETCH_SAYS: HeadersSaid = { accept: "*/*", "user-agent": "node" };

async function askAgain(url: string, headers: HeadersSaid, ended: AbortSignal | undefined): Promise<Response> {
  const { get } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  return await new Promise((resolve, reject) => {
    const options = { headers: { ...FETCH_SAYS, ...headers }, ...(ended && { signal: ended }) };
    get(url, options, (message) => {
      const { statusCode: status = 0, statusMessage: statusText = "" } = message;
      if (status === 200) return resolve(responseOf(message));
      message.destroy();
      reject(new Error(`asked again, the server said ${status} ${statusText}`.trimEnd()));
    }).on("error", reject);
  });
}

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (const name of ["content-encoding", "content-length"] as const) {
    const value = message.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  return new Response(Readable.toWeb(message) as ReadableStream, { headers });
}

/** A redirect takes user and password to no other host. */
function withoutUser({ authorization, ...others }: HeadersSaid, from: string, to: string): HeadersSaid {
  return authorization === undefined || new URL(from).origin !== new URL(to).origin
    ? others
    : { ...others, authorization };
}
