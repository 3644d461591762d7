/**
 * What a page of the docs shows: commands, what they print, and files that its reader saves.
 *
 * A block of ```sh holds commands that work in a clone of this repository, with comment lines right below a command: the first
 * lines that it prints (on stderr, if there are none on stdout), where `...` stands for any text. In a block of ```sh exit 1
 * each command ends with 1. A block of ```sh if node:sqlite is for runtimes that have this module. A block of ```ts whose
 * first line is `// name.ts` is a file of that name. What cannot be run stands in blocks of ```console.
 */

export interface Shown {
  readonly command: string;
  readonly printed: string[];
  /** The exit status that the page says. */
  readonly status: number;
  /** A module of the runtime without which the command cannot be run. */
  readonly needs: string | undefined;
}

export interface Block {
  readonly language: string;
  readonly info: string;
  readonly text: string;
}

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```([^\s`]*) *([^\n]*)\n(.*?)^```$/gms)].map(([, language = "", info = "", text = ""]) => {
    return { language, info, text };
  });
}

export function commandsOf(page: string): Shown[] {
  return blocksOf(page).flatMap((block) => (block.language === "sh" ? commandsIn(block) : []));
}

function commandsIn({ info, text }: Block): Shown[] {
  const { status = "0", needs } = /^(?:exit (?<status>\d+))?(?:if (?<needs>\S+))?$/.exec(info)?.groups ?? {};
  const found: Shown[] = [];
  let last: Shown | undefined;
  for (const line of text.replaceAll("\\\n", "").split("\n")) {
    if (line.startsWith("# ")) last?.printed.push(line.slice(2));
    else if (line === "") last = undefined;
    else {
      last = { command: line, printed: [], status: Number(status), needs };
      found.push(last);
    }
  }
  return found;
}

/** The files that the page says to save, by their names. */
export function filesOf(page: string): Map<string, string> {
  return new Map(
    blocksOf(page).flatMap(({ language, text }) => {
      const name = language === "ts" ? /^\/\/ ([\w-]+\.ts)$/m.exec(text.split("\n", 1)[0] ?? "")?.[1] : undefined;
      return name === undefined ? [] : [[name, text] as const];
    }),
  );
}

/** A pattern for a line in which `...` stands for any text. */
export function patternOf(line: string): RegExp {
  return new RegExp(`^${line.split("...").map(escaped).join(".*")}$`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Commands with pmap in them that stand in a block of no language, where they would not be run. */
export function commandsOutside(page: string): string[] {
  return blocksOf(page)
    .filter(({ language }) => !["sh", "console", "ts"].includes(language))
    .flatMap(({ text }) => text.split("\n").filter(hasPmap));
}

export function hasPmap(line: string): boolean {
  return /(^|\|)\s*(npx pmap-cli|pmap)\s/.test(line);
}

/** The targets of a page's links that are not of the web. */
export function linksOf(page: string): string[] {
  const prose = page.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => (/^\w+:/.test(link) ? [] : [link]));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): Set<string> {
  const headings = page.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}
