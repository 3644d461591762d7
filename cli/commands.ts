/**
 * What pmap does besides running a job, by the first word of the command line. Each is loaded when it is asked for. The first
 * word is always the command, also beside a file of that name: what it does must not depend on the folder. A script that is
 * called so is run by its path (`pmap ./help`, and `./help` by its own first line).
 */
import type { Runtime } from "../core/platform/runtime.ts";

export interface CommandContext {
  readonly runtime: Runtime;
  readonly version: string;
}

export interface CommandResult {
  /** For stdout. */
  readonly text: string;
  /** What was wrong, for stderr; the exit code is 2 then. */
  readonly error?: string;
  /** 0 unless something was wrong. */
  readonly code?: number;
}

export interface Command {
  readonly usage: string;
  /** A line. */
  readonly short: string;
  readonly about: string;
  /** What may follow, for completion. */
  readonly words?: readonly string[];
  readonly run: (words: readonly string[], context: CommandContext) => Promise<CommandResult>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  help: {
    usage: "pmap help [TOPIC]",
    short: "the common flags; a topic, a flag or a command: all about it",
    about:
      "Prints the common flags; with a topic, a flag or a command all about it. pmap help topics lists the topics.",
    async run(words, { version }) {
      const { helpOn } = await import("./help/help.ts");
      const found = helpOn(words.join(" "), version);
      if (found.text !== undefined) return { text: found.text };
      return { text: "", error: `There is no help on "${words.join(" ")}"\n${found.hint}` };
    },
  },
};
