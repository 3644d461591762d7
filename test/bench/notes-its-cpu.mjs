// Loaded before pmap: the coordinator notes its CPU seconds, user and system, as it ends. Its workers may load this too.
import { writeFileSync } from "node:fs";
import process from "node:process";

const note = process.env.BENCH_CPU_NOTE;
if (note !== undefined && process.argv[1]?.endsWith("main.js"))
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(note, `${(user + system) / 1e6}`);
  });
