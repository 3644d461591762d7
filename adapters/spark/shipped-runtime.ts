/** The program of a runtime, as it goes along to machines that do not have it. */
import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { findProgram } from "../system/programs.ts";

/** What a program of Linux begins with. */
const ELF = "\x7fELF";

/**
 * @param own where it is on this machine, if that is known
 * @throws {UsageError} when there is no program that another machine could run
 */
export function shippedRuntime(runtime: RuntimeName, own: string | undefined): string {
  const found = own ?? findProgram(runtime);
  if (found === undefined) throw cannotShip(`there is no "${runtime}" on the PATH`);
  const file = realpathSync(found);
  if (beginningOf(file) !== ELF)
    throw cannotShip(`"${file}" is no program of Linux: it may be a script that starts another file`);
  return file;
}

function beginningOf(file: string): string {
  const bytes = Buffer.alloc(ELF.length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
  return bytes.toString("latin1");
}

function cannotShip(why: string): UsageError {
  return new UsageError(
    `Cannot use --ship-runtime: ${why}\nInstall the runtime on the machines of the cluster instead`,
  );
}
