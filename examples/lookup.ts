// Asks a slow service about each record: while one answer is on its way, other records are asked for. The output is in
// input order all the same.
//
//   pmap examples/lookup.ts --concurrency 100 examples/data/flights.jsonl
//
// The service is made up, so that this runs without a network. A real one would be a line such as
//
//   const response = await fetch(`https://api.example.com/routes/${route}`, { signal: ctx.signal });
import type { Context } from "pmap-cli";
import type { Flight } from "./flights.ts";

/** Defaults for the command line. */
export const options = { concurrency: 50, retries: 1 };

export default async function map({ origin, destination }: Flight, ctx: Context) {
  const route = `${origin}-${destination}`;
  ctx.signal.throwIfAborted();
  return { route, id: await askService(route) };
}

async function askService(route: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(route));
  return Array.from(new Uint8Array(digest, 0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
