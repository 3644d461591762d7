/** How a worker on Bun is started. It touches nothing of Bun's: every runtime loads it. */
import { portArguments, type WorkerCommand } from "../shared/worker-command.ts";

export const bunCommand: WorkerCommand = {
  // Bun would fetch a package that is missing from the registry, unasked.
  argv: ({ program, entry, port }) => [program, "--no-install", entry, ...portArguments(port)],
  environment: () => undefined,
  noSandbox: "Bun has no permissions",
  install: "Install it with: npm install -g bun",
};
