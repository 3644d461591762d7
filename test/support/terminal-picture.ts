/**
 * docs/terminal.svg, the picture at the top of the README: what pmap prints when these commands are run in a terminal.
 *
 * `npm run docs:picture` runs them and writes it. The lines are real, the times are those of the machine that it ran on.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pmapInTerminal, screenOf } from "./terminal.ts";
import { type TerminalLine, terminalSvg } from "./terminal-svg.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const COLUMNS = 100;
const COPIES = 600;
/** A record without a destination, in one of the copies. */
const BROKEN_COPY = 431;

const SCRIPT = `import type { Flight } from "./flights.ts";

export default function label(flight: Flight): string {
  return \`\${flight.origin} to \${flight.destination.length} characters\`;
}
`;

const folder = mkdtempSync(join(tmpdir(), "pmap-picture-"));
try {
  const flights = readFileSync(join(root, "examples/data/flights.jsonl"), "utf8");
  const broken = flights.replace('"destination":"OAK"', '"destination":null');
  writeFileSync(
    join(folder, "flights.jsonl"),
    Array.from({ length: COPIES }, (_, i) => (i === BROKEN_COPY ? broken : flights)).join(""),
  );
  copyFileSync(join(root, "examples/flights.ts"), join(folder, "flights.ts"));
  writeFileSync(join(folder, "labels.ts"), SCRIPT);
  const lines: TerminalLine[] = [
    ...(await shown(["--filter", "_.delay > 60", "-e", "[_.origin, _.delay]", "--limit", "4", "flights.jsonl"])),
    { text: "" },
    ...(await shown(["flights.ts", "flights.jsonl", "-o", "routes.jsonl"])),
    { text: "" },
    ...(await shown(["labels.ts", "flights.jsonl", "-o", "labels.txt"])),
  ];
  const title =
    "A terminal: pmap prints the records of a one-liner; maps 1,200,000 records on all cores with a progress line and a summary; and names a record that fails, with the line of the TypeScript that did";
  writeFileSync(join(root, "docs/terminal.svg"), terminalSvg(lines, COLUMNS, title));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A command, the progress line as it was when about half was done, and what stood on the screen at the end. */
async function shown(args: readonly string[]): Promise<TerminalLine[]> {
  const { raw, ended } = pmapInTerminal(args, {
    columns: COLUMNS,
    around: (command) => `cd '${folder}' && exec ${command}`,
  });
  let half: string | undefined;
  const timer = setInterval(() => {
    const line = screenOf(raw(), COLUMNS).at(-1) ?? "";
    const share = Number(/\] +(\d+)%/.exec(line)?.[1]);
    if (share >= 40) half ??= line;
  }, 20);
  const { screen } = await ended;
  clearInterval(timer);
  const command = ["pmap", ...args].map((word) => (/^[\w.-]+$/.test(word) ? word : `'${word}'`)).join(" ");
  const text = screen.map((line) => line.replaceAll(`file://${folder}/`, "").replaceAll(`${folder}/`, ""));
  return [
    { text: `$ ${command}`, style: "prompt" },
    ...(half === undefined ? [] : [{ text: half }]),
    ...text.map((line) => ({ text: line, style: styleOf(line) })),
  ];
}

function styleOf(line: string): TerminalLine["style"] {
  if (/^pmap: .* threw /.test(line)) return "error";
  return /^ {4}at |^ {2}late: /.test(line) ? "comment" : undefined;
}
