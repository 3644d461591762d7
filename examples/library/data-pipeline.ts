// A data pipeline: a compressed file in, a compressed stream of bytes on the way, a table of groups at the end.
//
// prints: GET 6000 2991000
// prints: POST 4000 2004000
import { createWriteStream, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { pmap, preduce } from "pmap-cli";

interface Request {
  readonly method: string;
  readonly bytes: number;
}

const lines = Array.from({ length: 10_000 }, (_, i) => `${i % 5 < 3 ? "GET" : "POST"} /page/${i} ${i % 1000}`);
writeFileSync("access.log.gz", gzipSync(`${lines.join("\n")}\n`));

// Lines of text to records, to a file: workers write it themselves.
await pmap(
  (line: string) => {
    const [method, path, bytes] = line.split(" ");
    return { method, path, bytes: Number(bytes) };
  },
  "access.log.gz",
  { cores: 2 },
).writeTo("requests.jsonl");

// And to a stream, as CSV.
const csv = createWriteStream("requests.csv");
await pmap((request: Request) => request, "requests.jsonl", { cores: 2 }).writeTo(csv, { to: "csv" });
csv.end();

const totals = await preduce((request: Request) => request, "requests.jsonl", {
  cores: 2,
  key: ({ method }: Request) => method,
  initial: { count: 0, bytes: 0 },
  reduce: (total: { count: number; bytes: number }, { bytes }: Request) => ({
    count: total.count + 1,
    bytes: total.bytes + bytes,
  }),
  merge: (a: { count: number; bytes: number }, b: { count: number; bytes: number }) => ({
    count: a.count + b.count,
    bytes: a.bytes + b.bytes,
  }),
});
for (const [method, { count, bytes }] of totals) console.log(method, count, bytes);
