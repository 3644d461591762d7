// A Python that has a module: PMAP_TEST_PYTHON, one in .cache/python, or the system's.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../../.cache/python/bin/python", import.meta.url));

/** The Python that has these modules; undefined where there is none. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const candidates = [process.env.PMAP_TEST_PYTHON, existsSync(own) ? own : undefined, "python3"];
  return candidates.find(
    (python) => python !== undefined && spawnSync(python, ["-c", `import ${modules.join(", ")}`]).status === 0,
  );
}

/** What a program in Python prints. */
export function runPython(python: string, code: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, ["-c", code, ...args], { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(String(stderr));
  return String(stdout);
}
