/** What is known of the terminal behind stderr, and who else is on it. */
import { fstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isatty } from "node:tty";

export interface Terminal {
  /** Its width now, in columns. */
  columns(): number;
  readonly colours: boolean;
  /** False while the shell has put the job into the background: the line below belongs to the shell. */
  isForeground(): boolean;
}

/** Of a terminal that does not say how wide it is. */
const USUAL_COLUMNS = 80;

/** The terminal behind stderr; undefined where that is none, or one that cannot go back to the beginning of a line. */
export function findTerminal(): Terminal | undefined {
  if (!isatty(2) || process.env.TERM === "dumb") return undefined;
  // Node asks for the width when a signal says that it has changed, which may come after the next draw: so it is asked each time.
  const stderr = process.stderr as NodeJS.WriteStream & { _refreshSize?: () => void };
  return {
    columns() {
      stderr._refreshSize?.();
      return stderr.columns || USUAL_COLUMNS;
    },
    colours: wantsColours(),
    isForeground,
  };
}

/** As https://no-color.org and https://force-color.org say. */
function wantsColours(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return NO_COLOR === undefined || NO_COLOR === "";
}

interface ProcessState {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The group that the terminal listens to; -1 without one. */
  readonly foreground: number;
}

function isForeground(): boolean {
  const own = stateOf("self");
  return own === undefined || own.foreground <= 0 || own.foreground === own.group;
}

/** Whether a shell has started us that can let us go on when we have stopped. Where the system does not tell, one has. */
export function canBeStopped(): boolean {
  const own = stateOf("self");
  const parent = own && stateOf(own.parent);
  return parent === undefined || parent.session === own?.session;
}

/** Undefined where the system does not tell (it does on Linux), or the process has gone. */
function stateOf(pid: number | "self"): ProcessState | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything.
    const [, parent, group, session, , foreground] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(parent), group: Number(group), session: Number(session), foreground: Number(foreground) };
  } catch {
    return undefined;
  }
}

/**
 * Whether our records come out on the same terminal: stdout is one, or leads to a program of the same pipeline that prints on
 * it (`pmap ... | less`). Where the system does not tell who else there is, a pipe leads elsewhere.
 */
export function recordsShowHere(): boolean {
  if (isatty(1)) return true;
  try {
    return fstatSync(1).isFIFO() && readdirSync("/proc").some(isPrinterBehind());
  } catch {
    return false;
  }
}

/**
 * Whether a job that has gone well is told about: on a terminal, unless a program behind it in the pipeline has that now.
 * @param toStdout whether its records went to stdout, and not to a file
 */
export function hasSummaryHere(toStdout: boolean): boolean {
  return isatty(2) && (!toStdout || isatty(1) || !recordsShowHere());
}

/** Tells whether a process is one of our pipeline, neither above nor below us, and prints on our terminal. */
function isPrinterBehind(): (pid: string) => boolean {
  const terminal = readlinkSync("/proc/self/fd/2");
  const own = stateOf("self");
  const above = new Set<number>();
  for (let at = own?.parent; at !== undefined && at > 0 && !above.has(at); at = stateOf(at)?.parent) above.add(at);
  return (name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || above.has(pid)) return false;
    const state = stateOf(pid);
    if (state === undefined || state.group !== own?.group || state.parent === process.pid) return false;
    try {
      return readlinkSync(`/proc/${pid}/fd/1`) === terminal;
    } catch {
      return false;
    }
  };
}
