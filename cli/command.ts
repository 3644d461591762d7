/** The first words that are commands and no scripts, and what a command is. */
import type { Runtime } from "../api/execution.ts";
import type { Typed } from "./flags/parse.ts";

const NAMES = ["help", "completion", "doctor", "init", "peek"] as const;

export type CommandName = (typeof NAMES)[number];

export const COMMAND_NAMES: readonly string[] = NAMES;

export function isCommand(word: string): word is CommandName {
  return COMMAND_NAMES.includes(word);
}

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
