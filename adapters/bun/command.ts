/** How a worker on Bun is started. It touches nothing of Bun's: every runtime loads it. */
import type { WorkerCommand } from "../shared/worker-command.ts";

export const bunCommand: WorkerCommand = {
  // Bun would fetch a package that is missing from the registry, unasked.
  argv: ({ program, entry }) => [program, "--no-install", entry],
  environment: () => undefined,
  noSandbox: "Bun has no permissions",
  install: "Install it with: npm install -g bun",
};
