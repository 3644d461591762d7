// A report in headless Chromium: its script draws every chart, nothing of it fails, and no text of a record runs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { fixture, runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const chromium = ["chromium", "chromium-browser", "google-chrome"].map(found).find((path) => path !== undefined);
const name = `a report has all of its charts in Chromium, and its console is empty${chromium === undefined ? " (skipped: no chromium on the PATH)" : ""}`;

test(name, { skip: chromium === undefined }, async () => {
  const hostile = "</script><script>document.title='hacked'</script>";
  const records = Array.from({ length: 3000 }, (_, n) => `${JSON.stringify({ n, dies: n === 2000, hostile })}\n`);
  writeFileSync(join(folder, "in.jsonl"), `${records.join("")}${hostile}\n`);
  const report = join(folder, "r.html");
  const flags = ["-q", "-c", "2", "--report", report, "--on-error", "skip"];
  const { code, stderr } = await runPmap([...flags, fixture("kills_itself.mjs"), "in.jsonl"], { cwd: folder });
  assert.equal(code, 0, stderr);

  const { dom, console } = await open(report);
  assert.deepEqual(console, []);
  assert.doesNotMatch(dom, /<title>hacked/);
  // Of memory only where the system tells it.
  const charts = process.platform === "linux" ? 5 : 4;
  assert.equal(dom.match(/<canvas/g)?.length, charts);
  assert.equal(dom.match(/<figure class="chart">/g)?.length, charts);

  // What has failed would have been seen.
  const broken = join(folder, "broken.html");
  writeFileSync(broken, "<script>throw new Error('seen')</script>");
  assert.match((await open(broken)).console.join("\n"), /seen/);

  async function open(file: string): Promise<{ dom: string; console: string[] }> {
    const profile = mkdtempSync(join(folder, "profile-"));
    const args = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      `--user-data-dir=${profile}`,
      "--enable-logging=stderr",
      "--virtual-time-budget=5000",
      "--dump-dom",
      pathToFileURL(file).href,
    ];
    const child = spawn(chromium as string, args, { stdio: ["ignore", "pipe", "pipe"] });
    const [dom, log] = await Promise.all([child.stdout, child.stderr].map(textOf));
    return { dom: dom ?? "", console: (log ?? "").split("\n").filter((line) => line.includes("CONSOLE")) };
  }
});

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function found(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It may be in the next one.
    }
  }
  return undefined;
}
