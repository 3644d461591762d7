/** What the three shells complete, from the tables. */
import { compressedExtensions } from "../../../api/input-format.ts";
import { SCRIPT_EXTENSIONS } from "../../flags/script-source.ts";
import type { Flag } from "../../flags/table.ts";
import { COMMAND_DOCS } from "../command-docs.ts";
import { optionOf } from "../flag-text.ts";
import { TOPICS } from "../topics.ts";

/** With one of these the first word is no script. */
export const CODE_INSTEAD = ["eval", "filter", "reduce"];

export const scriptEndings = [...SCRIPT_EXTENSIONS].map((extension) => extension.slice(1));
export const compressedEndings = compressedExtensions().map((extension) => extension.slice(1));

/** What a flag's value can be: some words, a file, or what cannot be known. */
export function valuesOf(flag: Flag): readonly string[] | "file" | "unknown" {
  if (flag.name === "help") return ["all", ...topicWords()];
  return optionOf(flag.name)?.choices ?? (flag.value?.startsWith("FILE") === true ? "file" : "unknown");
}

/** Whether the value is the next word; else it stands behind "=" or there is none. */
export function takesWord({ value, optional }: Flag): boolean {
  return value !== undefined && optional !== true;
}

export function topicWords(): string[] {
  return [...Object.keys(TOPICS), "flags", "commands", "topics"];
}

/** What follows a command. */
export function wordsOf(command: keyof typeof COMMAND_DOCS): readonly string[] | "files" {
  const { words } = COMMAND_DOCS[command];
  return words === "topics" ? [...topicWords(), ...Object.keys(COMMAND_DOCS)] : words;
}
