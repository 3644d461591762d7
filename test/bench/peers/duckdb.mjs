// DuckDB on the grouped workload, with as many threads as pmap has workers.
//
//   node duckdb.mjs <input> <output> <threads>      after: npm run bench:peers
import { openSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { writeAll } from "./lines.mjs";

const [input, output, threads] = process.argv.slice(2);
const path = createRequire(new URL("../../../.cache/duckdb/package.json", import.meta.url)).resolve("@duckdb/node-api");
const { DuckDBInstance } = await import(pathToFileURL(path).href);
const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const sums = `SELECT "group" AS key, sum(id)::BIGINT AS value FROM read_ndjson('${input}', columns = {id: 'BIGINT', "group": 'VARCHAR'}) GROUP BY 1 ORDER BY 1`;
const rows = (await connection.runAndReadAll(sums)).getRows();
writeAll(
  openSync(output, "w"),
  rows.map(([key, value]) => `${JSON.stringify({ key, value: Number(value) })}\n`).join(""),
);
process.exit();
