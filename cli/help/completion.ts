/** `pmap completion SHELL`: a script, written from the tables. It calls no pmap: a Tab must not wait for a start of Node. */
import { UsageError } from "../../api/errors.ts";
import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { zshScript } from "./completion/zsh.ts";

const SHELLS: Readonly<Record<string, () => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** @throws {UsageError} for another shell than the three */
export function completion([shell = "", ...more]: readonly string[]): string {
  if (!Object.hasOwn(SHELLS, shell) || more.length > 0)
    throw new UsageError(
      `Cannot complete in "${[shell, ...more].join(" ")}": expected one of ${Object.keys(SHELLS).join(", ")}\nSee: pmap help completion`,
    );
  return (SHELLS[shell] as () => string)();
}
