/** What `--help` and `pmap help` print. Loaded when it is asked for. */
import { UsageError } from "../../api/errors.ts";
import { didYouMean } from "../../api/suggestion.ts";
import { type CommandName, isCommand } from "../command.ts";
import { FLAGS, type Flag } from "../flags/table.ts";
import { COMMAND_DOCS } from "./command-docs.ts";
import { docOf, factsOf, flagGroups, label, wrap } from "./flag-text.ts";
import { TOPICS } from "./topics.ts";

/** The lines of a screen are 80 characters. */
const WIDTH = 78;
/** Those of the first screen, which has 24 lines. */
const COMMON = ["eval", "filter", "key", "reduce", "from", "to", "output", "resume", "cores", "on-error"];

const USAGE = "  pmap [options] <script> [input...]\n  pmap [options] -e CODE [input...]";

export const EXAMPLES: readonly string[] = [
  "pmap script.ts input.jsonl > output.jsonl",
  "pmap -e 'r => ({ ...r, ok: r.score > 50 })' users.jsonl -o scored.jsonl",
  "cat access.log | pmap --from text -e '_.length' --reduce '(a, b) => a + b'",
  "pmap --range 1..1000000 -e '_ ** 0.5' --reduce '(a, b) => a + b'",
];

/** The first screen: at most 24 lines. */
export function shortHelp(version: string): string {
  const common = COMMON.map((name) => FLAGS.find((flag) => flag.name === name) as Flag);
  const width = Math.max(...common.map((flag) => label(flag).length));
  return [
    title(version),
    `usage\n${USAGE}`,
    // What the default is stands in the whole text.
    `common flags\n${common.map((flag) => row(label(flag), fitting(flag.help.replace(/ \(default: .*\)$/, ""), 80 - width - 4), width)).join("\n")}`,
    `more\n${[
      "pmap help flags         every flag; pmap help --cores: all about one",
      "pmap help TOPIC         script, formats, errors, resume, memory, config, ...",
      `pmap help commands      ${Object.keys(COMMAND_DOCS).join(", ")}`,
      `example                 ${EXAMPLES[0]}`,
    ]
      .map((line) => `  ${line}`)
      .join("\n")}`,
  ].join("\n\n");
}

/** A list that is too long for a line ends in dots: the whole one is in the whole help. */
function fitting(text: string, room: number): string {
  if (text.length <= room) return text;
  return `${text
    .slice(0, room - 3)
    .replace(/[ ,][^ ,]*$/, "")
    .replace(/,$/, "")} ...`;
}

/** Every flag, by groups. */
export function fullHelp(version: string): string {
  const width = Math.max(...FLAGS.map((flag) => label(flag).length));
  const sections = [...flagGroups()].map(
    ([group, flags]) => `${group}\n${flags.map((flag) => row(label(flag), flag.help, width)).join("\n")}`,
  );
  return [
    title(version),
    `usage\n${USAGE}`,
    ...sections,
    `examples\n${EXAMPLES.map((example) => `  ${example}`).join("\n")}`,
    "Without an input, stdin is read; - is stdin, too. Sizes are 64K, 10M, 2G; durations 500ms, 5s, 2m.\npmap help --FLAG tells all about one flag.",
  ].join("\n\n");
}

/**
 * @param asked what follows `help`: nothing, a topic, a flag, a command
 * @throws {UsageError} with the nearest topic when there is none of that name
 */
export function help(asked: string, version: string): string {
  const word = asked.toLowerCase();
  if (word === "") return shortHelp(version);
  if (word === "all" || word === "flags" || word === "options") return fullHelp(version);
  if (word === "topics") return topicsText();
  if (word === "commands") return commandsText();
  const flag = flagOf(asked);
  const [name, topic] = Object.entries(TOPICS).find(([key, { also }]) => key === word || also?.includes(word)) ?? [];
  if (topic !== undefined) {
    const too = flag === undefined ? "" : `\n\npmap help --${flag.name} is about the flag.`;
    return `${name}: ${topic.title}\n\n${topic.text}${too}`;
  }
  if (isCommand(word)) return commandHelp(word);
  if (flag !== undefined) return flagHelp(flag);
  throw new UsageError(`There is no help on "${asked}"${hintFor(word)}`);
}

function commandHelp(name: CommandName): string {
  const { usage, doc } = COMMAND_DOCS[name];
  return `${usage}\n\n${wrap(doc, WIDTH).join("\n")}`;
}

function hintFor(word: string): string {
  const bare = word.replace(/^-+/, "");
  const others = [...Object.keys(TOPICS), ...Object.keys(COMMAND_DOCS), "flags", "all", "topics"];
  const flags = FLAGS.map(({ name }) => name);
  return (
    (word.startsWith("-") ? "" : didYouMean(bare, others, (name) => `pmap help ${name}`)) ||
    didYouMean(bare, flags, (name) => `pmap help --${name}`) ||
    `\nThe topics are ${[...Object.keys(TOPICS), "flags", "commands"].join(", ")}`
  );
}

/** `--cores`, `-c`, `cores`, and what other programs call it. */
function flagOf(asked: string): Flag | undefined {
  const name = asked.replace(/^--?/, "");
  return FLAGS.find((flag) => flag.name === name || flag.short === name || flag.aliases?.includes(name) === true);
}

function flagHelp(flag: Flag): string {
  const { doc, example } = docOf(flag);
  return [
    label(flag).trim(),
    wrap(doc, WIDTH).join("\n"),
    ...(factsOf(flag).length === 0 ? [] : [factsOf(flag).join("\n")]),
    `example\n  ${example}`,
  ].join("\n\n");
}

function topicsText(): string {
  const rows = Object.entries(TOPICS).map(([name, { title: about }]) => row(name, about, 12));
  return `topics\n${[...rows, row("flags", "every flag", 12), row("commands", "what pmap does besides", 12)].join("\n")}`;
}

function commandsText(): string {
  const commands = Object.values(COMMAND_DOCS);
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  const rows = commands.map(({ usage, short }) => row(usage, short, width));
  return `commands\n${rows.join("\n")}\n\nA command is the first word. A script of the same name is run by its path: pmap ./help`;
}

function title(version: string): string {
  return `pmap ${version}: map and reduce records with a TypeScript function, on every core`;
}

function row(left: string, right: string, width: number): string {
  return `  ${left.padEnd(width)}  ${right}`;
}
