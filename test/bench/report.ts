// Writes the tables and plots of docs/ from the kept results.
//
//   npm run bench:report
import { writeFileSync } from "node:fs";
import { generatedFiles } from "./report/pages.ts";

for (const { path, text } of generatedFiles()) {
  if (text === undefined) console.log(`nothing is kept for ${path}`);
  else writeFileSync(path, text);
}
