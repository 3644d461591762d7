// Inputs that change while a job reads them.
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, finished, startPmap } from "./run-pmap.ts";

/** A job that is told `change` in the middle of its first record, whose `field` is 0, fails and says why; it leaves no output. */
export async function failsWhenChanged(
  { cwd, field, inputs }: { readonly cwd: string; readonly field: string; readonly inputs: readonly string[] },
  change: () => void,
  says: RegExp,
): Promise<void> {
  const [started, goOn] = [join(cwd, "started"), join(cwd, "go-on")];
  for (const file of [started, goOn]) rmSync(file, { force: true });
  const waits = `import { existsSync, writeFileSync } from "node:fs";
export default async (r) => {
  if (r.${field} === 0) {
    writeFileSync(${JSON.stringify(started)}, "");
    while (!existsSync(${JSON.stringify(goOn)})) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return r.${field};
};`;
  writeFileSync(join(cwd, "waits.mjs"), waits);
  const run = finished(startPmap(["-c", "1", "waits.mjs", ...inputs, "-o", "changed"], { cwd }), "");
  assert.ok(await eventually(() => existsSync(started)));
  change();
  writeFileSync(goOn, "");
  const { code, stderr } = await run;
  assert.equal(code, 1, stderr);
  assert.match(stderr, says);
  assert.equal(existsSync(join(cwd, "changed")), false);
}
