/** The man page and docs/flags.md, written by the build from the same tables as the help. */

import { COMMAND_DOCS } from "./command-docs.ts";
import { docOf, factsOf, flagGroups, longForm, wrap } from "./flag-text.ts";
import { EXAMPLES } from "./help.ts";
import { TOPICS } from "./topics.ts";

/** Lines of prose in Markdown. */
const WIDTH = 118;

/** docs/flags.md */
export function flagsPage(): string {
  const sections = [...flagGroups()].map(([group, flags]) => {
    const entries = flags.map((flag) => {
      const { doc, example, notRun } = docOf(flag);
      const name = flag.short === undefined ? "" : `-${flag.short}, `;
      // The tests run what stands in a block of sh.
      return [
        `### \`${name}${longForm(flag)}\``,
        wrap(doc, WIDTH).join("\n"),
        ...(factsOf(flag).length === 0 ? [] : [wrap(factsOf(flag).map(asCode).join(" "), WIDTH).join("\n")]),
        `\`\`\`${notRun === undefined ? "sh" : "console"}\n${notRun === undefined ? "" : "$ "}${example}\n\`\`\``,
      ].join("\n\n");
    });
    return [`## ${group[0]?.toUpperCase()}${group.slice(1)}`, ...entries].join("\n\n");
  });
  return `${[
    "<!-- Written by `npm run build` from cli/flags/table.ts, cli/help/flag-docs.ts and api/options-table.ts. -->",
    "# Flags",
    "`pmap help --FLAG` prints the same. Sizes are `64K 10M 2G`, durations `500ms 5s 2m`. What follows `--` is for the script.",
    ...sections,
  ].join("\n\n")}\n`;
}

/** `options = { ... }` and spelled flags are code. */
function asCode(fact: string): string {
  return fact.replace(/options = \{.*\}/, "`$&`").replaceAll(/(?<=[ ,])--?\w[\w-]*/g, "`$&`");
}

/** `man pmap`, in the macros that every man knows. */
export function manPage(version: string): string {
  const flags = [...flagGroups()].map(([group, all]) => [
    `.SS ${group[0]?.toUpperCase()}${group.slice(1)}`,
    ...all.map((flag) => {
      const { doc, example } = docOf(flag);
      const value = flag.value === undefined ? "" : flag.optional === true ? `[=${flag.value}]` : ` ${flag.value}`;
      const long = `\\fB${roff(`--${flag.name}`)}\\fR${roff(value)}`;
      const head = flag.short === undefined ? long : `\\fB${roff(`-${flag.short}`)}\\fR, ${long}`;
      const facts = factsOf(flag).join(" ");
      return `.TP\n${head}\n${paragraph(doc)}${facts === "" ? "" : `\n${paragraph(facts)}`}\n.IP\n.EX\n${line(example)}\n.EE`;
    }),
  ]);
  const commands = Object.values(COMMAND_DOCS).map(
    ({ usage, doc }) => `.TP\n\\fB${roff(usage)}\\fR\n${paragraph(doc)}`,
  );
  const topics = Object.values(TOPICS).map(
    ({ title, text }) =>
      `.SS ${roff(title[0]?.toUpperCase() + title.slice(1))}\n.nf\n${text.split("\n").map(line).join("\n")}\n.fi`,
  );
  return `${[
    `.\\" Written by the build from pmap's tables of flags.`,
    `.TH PMAP 1 "" "pmap ${version}" "pmap"`,
    // No hyphenation, no justified lines: most words are code.
    ".nh\n.ad l",
    ".SH NAME\npmap \\- map and reduce records with a TypeScript function, on every core",
    ".SH SYNOPSIS\n\\fBpmap\\fR [options] \\fIscript\\fR [\\fIinput\\fR...] [\\fB\\-\\-\\fR \\fIargs\\fR...]\n.br\n\\fBpmap\\fR [options] \\fB\\-e\\fR \\fICODE\\fR [\\fIinput\\fR...]\n.br\n\\fBpmap\\fR \\fIcommand\\fR",
    `.SH DESCRIPTION\n${paragraph("pmap runs a function over every record of its input, on all cores, and prints the results in input order. The output is the same at any number of cores. Without an input, stdin is read; - is stdin, too. Sizes are 64K, 10M, 2G; durations 500ms, 5s, 2m.")}`,
    ".SH OPTIONS",
    ...flags.flat(),
    ".SH COMMANDS",
    paragraph("A command is the first word. A script of the same name is run by its path: pmap ./help"),
    ...commands,
    ".SH TOPICS",
    ...topics,
    `.SH EXAMPLES\n.nf\n${EXAMPLES.map(line).join("\n")}\n.fi`,
    `.SH ENVIRONMENT\n.TP\n\\fBTMPDIR\\fR\nwhere groups that do not fit into memory are sorted\n.TP\n\\fBXDG_CACHE_HOME\\fR\nwhere compiled code is kept (in the folder pmap; without it below ~/.cache)`,
    ".SH SEE ALSO\n.BR parallel (1),\n.BR xargs (1),\n.BR jq (1)",
  ].join("\n")}\n`;
}

function paragraph(text: string): string {
  return wrap(text, 90).map(line).join("\n");
}

/** A line that begins with a dot or an apostrophe would be a request. */
function line(text: string): string {
  return roff(text).replace(/^(?=[.'])/, "\\&");
}

/** Backslashes, hyphens and quotes as they are typed. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\`")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti");
}
