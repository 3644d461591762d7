/** One flag in words: what help, the man page and docs/flags.md say of it alike. */
import { OPTIONS, type Option } from "../../api/options-table.ts";
import { sizeText } from "../../api/units.ts";
import { FLAGS, type Flag, type FlagName } from "../flags/table.ts";
import { FLAG_DOCS, type FlagDoc } from "./flag-docs.ts";

export function optionOf(name: string): Option | undefined {
  return name in OPTIONS ? OPTIONS[name as keyof typeof OPTIONS] : undefined;
}

export function docOf({ name }: Flag): FlagDoc {
  return FLAG_DOCS[name as FlagName];
}

/** `--stats[=FILE]`, `--cores N`. */
export function longForm({ name, value, optional }: Flag): string {
  return `--${name}${value === undefined ? "" : optional === true ? `[=${value}]` : ` ${value}`}`;
}

/** `-c, --cores N`; without a short form the place for it is empty. */
export function label(flag: Flag): string {
  return `${flag.short === undefined ? "    " : `-${flag.short}, `}${longForm(flag)}`;
}

/** The groups, in the order of the table. */
export function flagGroups(): ReadonlyMap<string, readonly Flag[]> {
  const groups = new Map<string, Flag[]>();
  for (const flag of FLAGS) groups.set(flag.group, [...(groups.get(flag.group) ?? []), flag]);
  return groups;
}

/** Values, default, other spellings, and who else may set it: sentences that follow from the tables. */
export function factsOf(flag: Flag): string[] {
  const option = optionOf(flag.name);
  const facts: string[] = [];
  if (option?.choices !== undefined) facts.push(`Values: ${option.choices.join(", ")}.`);
  const usual = defaultText(flag);
  if (usual !== undefined) facts.push(`Default: ${usual}.`);
  if (flag.repeats === true) facts.push("May be given more than once.");
  if (option?.scriptMaySet === true) {
    const name = flag.name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    facts.push(`A script may set it: options = { ${name}: ... }.`);
  }
  if (flag.aliases !== undefined) {
    const spelled = flag.aliases.map((alias) => (alias.length === 1 ? `-${alias}` : `--${alias}`));
    facts.push(`Also understood: ${spelled.join(", ")}.`);
  }
  return facts;
}

/** The default as it would be typed; undefined where there is none. */
export function defaultText({ name, value }: Flag): string | undefined {
  const usual = optionOf(name)?.default;
  if (usual === undefined || typeof usual === "boolean") return undefined;
  return typeof usual === "number" && value === "SIZE" ? sizeText(usual) : String(usual);
}

/** Lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
