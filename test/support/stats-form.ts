/** Whether figures have the form that docs/stats.schema.json describes. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const schema: object = JSON.parse(readFileSync(new URL("../../docs/stats.schema.json", import.meta.url), "utf8"));

export const hasStatsForm = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(schema);
