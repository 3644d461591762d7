/**
 * What pmap does besides running a job, by the first word of the command line. Each is loaded when it is asked for; what is told
 * of it is in help/command-docs.ts. The first word is always the command, also beside a file of that name: what it does must not
 * depend on the folder. A script that is called so is run by its path (`pmap ./help`, and `./help` by its own first line).
 */
import type { Runtime } from "../api/run.ts";
import type { Typed } from "./flags/parse.ts";

export interface CommandContext {
  readonly runtime: Runtime;
  readonly version: string;
  /** Adds what configuration files and PMAP_OPTIONS say. */
  readonly configure: (typed: Typed) => Typed | Promise<Typed>;
  readonly warning: (message: string) => void;
}

/**
 * @returns what is printed to stdout
 * @throws {UsageError} for words that it does not understand
 */
export type Command = (words: readonly string[], context: CommandContext) => Promise<string>;

export const COMMANDS = {
  async help(words, { version }) {
    const { help } = await import("./help/help.ts");
    return help(words.join(" "), version);
  },
  async completion(words) {
    const { completion } = await import("./help/completion.ts");
    return completion(words);
  },
  async doctor(words, { runtime, version }) {
    const { doctor } = await import("./doctor.ts");
    return doctor(words, runtime.name, version);
  },
  async init(words, context) {
    const { init } = await import("./sample/init.ts");
    return init(words, context);
  },
  async peek(words, context) {
    const { peek } = await import("./sample/peek.ts");
    return peek(words, context);
  },
} satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
