// Builds the native peer, where there is cargo.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const manifest = fileURLToPath(new URL("native/Cargo.toml", import.meta.url));
const target = fileURLToPath(new URL("../../../.cache/native", import.meta.url));
const { status, error } = spawnSync(
  "cargo",
  ["build", "--release", "--manifest-path", manifest, "--target-dir", target],
  {
    stdio: "inherit",
    env: { ...process.env, RUSTFLAGS: "-C target-cpu=native" },
  },
);
if (error) console.log("The native peer is left out: there is no cargo");
else process.exitCode = status ?? 1;
