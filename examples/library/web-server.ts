// A web server whose slow work runs in other processes: it answers other requests meanwhile.
//
// prints: 200 1999993
// prints: 400 n must be a number
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createPool, PmapError } from "pmap-cli";

// The function runs in a worker: all that it needs is inside it.
const pool = await createPool(
  (n: number) => {
    if (!Number.isInteger(n)) throw new TypeError("n must be a number");
    const isPrime = (m: number) => {
      for (let divisor = 2; divisor * divisor <= m; divisor++) if (m % divisor === 0) return false;
      return m > 1;
    };
    let largest = n;
    while (!isPrime(largest)) largest--;
    return largest;
  },
  { cores: 2, timeout: "2s", maxQueued: 1000 },
);

const server = createServer(async (request, response) => {
  const n = Number(new URL(request.url ?? "/", "http://localhost").searchParams.get("n") ?? Number.NaN);
  try {
    response.end(String(await pool.run(n)));
  } catch (error) {
    const isTheirs = error instanceof PmapError && error.code === "PMAP_RECORD";
    response.statusCode = isTheirs ? 400 : 503;
    response.end("n must be a number");
  }
});

// Two requests, and that was it; a real server goes on.
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address() as AddressInfo;
  for (const n of ["2000000", "many"]) {
    const answer = await fetch(`http://127.0.0.1:${port}/?n=${n}`, { headers: { connection: "close" } });
    console.log(answer.status, await answer.text());
  }
  server.close();
  await pool.close();
});
