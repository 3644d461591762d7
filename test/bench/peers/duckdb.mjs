// DuckDB, with as many threads as pmap has workers.
//
//   node duckdb.mjs <proj|group|csv|csv-plain> <input> <output> <threads>      after: npm run bench:peers
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [workload, input, output, threads] = process.argv.slice(2);
const path = createRequire(new URL("../../../.cache/duckdb/package.json", import.meta.url)).resolve("@duckdb/node-api");
const { DuckDBInstance } = await import(pathToFileURL(path).href);
const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const csv = `SELECT id, score FROM read_csv('${input}', all_varchar = true, header = true)`;
const queries = {
  csv,
  "csv-plain": csv,
  proj: `SELECT id, score FROM read_ndjson('${input}', columns = {id: 'BIGINT', score: 'DOUBLE'})`,
  group: `SELECT "group" AS key, sum(id)::BIGINT AS value FROM read_ndjson('${input}', columns = {id: 'BIGINT', "group": 'VARCHAR'}) GROUP BY 1 ORDER BY 1`,
};
await connection.run(`COPY (${queries[workload]}) TO '${output}' (FORMAT JSON)`);
process.exit();
