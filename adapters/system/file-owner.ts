/**
 * Who has left a file behind: a process, told apart from every other one. A number alone does not do: it is used again, and
 * each container counts its own.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { bootId } from "./fsync.ts";

export interface Owner {
  readonly host: string;
  /** The installation of the system: two machines may have one name. Empty where there is none, as in most containers. */
  readonly machine: string;
  /** Another one after every start of the machine; empty where the system has none. */
  readonly boot: string;
  /** The namespace that the process number belongs to; empty where the system has none. */
  readonly namespace: string;
  readonly pid: number;
  /** When the process started, in ticks since the machine did; empty where the system does not tell. */
  readonly started: string;
}

export type Fate = "alive" | "gone" | "unknown";

/** The process that asks. */
export function ownOwner(): Owner {
  return { ...surroundings(), pid: process.pid, started: processFacts("self")?.started ?? "" };
}

/** What has become of a process. Unknown: it cannot be seen from here, which says nothing. */
export function fateOf(owner: Owner): Fate {
  const here = surroundings();
  if (owner.host !== here.host || owner.machine !== here.machine) return "unknown";
  // Only a machine that is known by more than its name can be known to have started again.
  if (owner.boot !== here.boot) return here.machine === "" ? "unknown" : "gone";
  if (owner.namespace !== here.namespace) return "unknown";
  return fateOfPid(owner);
}

/** An owner as a file holds it; undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, machine, boot, namespace, started } = JSON.parse(text) as Owner;
    const named = [host, machine, boot, namespace, started].every((part) => typeof part === "string");
    if (!named || !Number.isInteger(pid) || pid <= 0) return undefined;
    return { pid, host, machine, boot, namespace, started };
  } catch {
    return undefined;
  }
}

function fateOfPid({ pid, started }: Owner): Fate {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is another user's.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "gone";
  }
  // In a container that sees the /proc of another one, a number there is another process.
  if (readLink("/proc/self") !== String(process.pid)) return "alive";
  const now = processFacts(pid);
  if (now === undefined || started === "") return "alive";
  // A zombie does nothing more.
  return now.started === started && now.state !== "Z" ? "alive" : "gone";
}

function surroundings(): Omit<Owner, "pid" | "started"> {
  return { host: hostname(), machine: machineId(), boot: bootId(), namespace: readLink("/proc/self/ns/pid") };
}

/** proc(5): the name in parentheses may hold anything; the state is the first field behind it, the start the 20th. */
function processFacts(pid: number | "self"): { readonly state: string; readonly started: string } | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

function machineId(): string {
  return readText("/etc/machine-id").trim();
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
