import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// No path reaches a shell as text: a name is an argument, or it is data that a shell reads.

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What starts a shell, or lets a runtime start one. */
const SHELLS: readonly RegExp[] = [
  /["'`](?:\/bin\/|\/usr\/bin\/)?(?:sh|bash|dash|zsh|ksh|cmd|cmd\.exe|powershell|pwsh)["'`]/,
  /["'`]-l?c["'`]/,
  /\bshell\s*:/,
  /\bexecSync\b|\bchild_process\b.*\bexec\b|(?<![.\w])exec\(/,
  /\bBun\.\$|\$`/,
];

/** The shells that there are: their scripts are constants, and paths are their arguments. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "adapters/system/reaper.ts": ['if (!tried) listener = runtime.spawnListener({ argv: ["sh", "-c", SCRIPT] });'],
  "adapters/spawn-workers.ts": [
    'const SHELL = "/bin/sh";',
    'const moved = port === "3,4" ? [SHELL, "-c", MOVE_PORT, "sh", ...argv] : argv;',
  ],
  "adapters/spark/spark-submit.ts": [
    'return { argv: ["/bin/sh", "-c", HEARS_NO_SIGNALS, "sh", ...argv], port: "0,1" };',
  ],
  // Words on a page, and of the command line.
  "cli/report/recommendation.ts": [
    'const SHORT: Readonly<Record<string, readonly string[]>> = { cores: ["-c", "-j", "-P"] };',
  ],
  "cli/help/command-docs.ts": ['words: ["bash", "zsh", "fish"],'],
  "cli/help/reference.ts": [
    '`\\`\\`\\`${notRun === undefined ? "sh" : "console"}\\n${notRun === undefined ? "" : "$ "}${example}\\n\\`\\`\\``,',
  ],
};

test("no source passes text to a shell, but constant scripts", () => {
  const files = ["core", "adapters", "api", "cli"].flatMap(sources);
  assert.ok(files.includes("adapters/system/reaper.ts"), "found nothing to check");
  const found = files.flatMap((file) =>
    violations(readFileSync(join(root, file), "utf8"))
      .filter((line) => !ALLOWED[file]?.includes(line))
      .map((line) => `${file}: ${line}`),
  );
  assert.deepEqual(found, []);
});

test("the reaper's script has nothing filled in but the name of the marker file", () => {
  const workers = readFileSync(join(root, "adapters/spawn-workers.ts"), "utf8");
  assert.match(workers, /^const MOVE_PORT = '[^'\n]*';$/m);
  const spark = readFileSync(join(root, "adapters/spark/spark-submit.ts"), "utf8");
  assert.match(spark, /^const HEARS_NO_SIGNALS = '[^'\n]*';$/m);
  const reaper = readFileSync(join(root, "adapters/system/reaper.ts"), "utf8");
  const [, script = ""] = /const SCRIPT = `((?:[^`\\]|\\.)*)`;/s.exec(reaper) ?? [];
  assert.ok(script.includes("rm -rf -- "));
  const filledIn = [...script.matchAll(/(?<!\\)\$\{([^}]*)\}/g)].map(([, what]) => what);
  assert.deepEqual(filledIn, ["MARKER"]);
  assert.match(readFileSync(join(root, "adapters/system/reaper.ts"), "utf8"), /export const MARKER = "[.a-z-]+";/);
});

test("the check sees a shell, however it is started", () => {
  const bad = [
    'spawn("sh", [script]);',
    'spawn("/bin/sh", [script]);',
    "spawn('bash', [script]);",
    'start(["-c", `rm -rf ${folder}`]);',
    "spawn(`rm ${path}`, { shell: true });",
    "execSync(`rm ${path}`);",
    'const { exec } = process.getBuiltinModule("node:child_process"); exec(line);',
    "exec(`rm -rf ${path}`);",
    "await Bun.$`rm ${path}`;",
    "await $`rm ${path}`;",
  ];
  for (const line of bad) assert.equal(violations(line).length, 1, line);
});

test("the check lets pass what starts no shell", () => {
  const good = [
    "/^a/.exec(text);",
    'spawn("dd", ["if=/dev/null"]);',
    'flags.push("--config", config);',
    "// exec(line)",
  ];
  for (const line of good) assert.deepEqual(violations(line), []);
});

function violations(source: string): string[] {
  const lines = source.split("\n").map((line) => line.trim());
  return lines.filter((line) => !/^(\*|\/\/|\/\*)/.test(line) && SHELLS.some((shell) => shell.test(line)));
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name).replaceAll("\\", "/"));
}
