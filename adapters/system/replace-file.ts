/** A file takes the place of another one: by its name, or where that is not possible by what is in it. */
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

const O_STICKY = 0o1000;

/** Whether another file can take its name: not where it is mounted, nor another user's in a sticky folder. */
export function canBeReplaced(path: string, { uid }: Stats): boolean {
  const own = process.getuid?.() ?? 0;
  const folder = statSync(dirname(resolve(path)));
  if ((folder.mode & O_STICKY) !== 0 && own !== 0 && uid !== own && folder.uid !== own) return false;
  return !isMounted(path);
}

/** Where it is mounted itself, as a container's files may be. */
function isMounted(path: string): boolean {
  try {
    const real = realpathSync(path);
    return readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .some((line) => mountPointOf(line) === real);
  } catch {
    return false;
  }
}

function mountPointOf(line: string): string {
  return (line.split(" ")[4] ?? "").replaceAll(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Gives a file the name of another one, with its owner and mode. */
export function moveInPlace(temporary: string, path: string, existing: Stats | undefined): void {
  if (existing !== undefined) keepOwner(temporary, existing);
  chmodSync(temporary, existing === undefined ? 0o666 & ~process.umask() : existing.mode & 0o7777);
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
    copyInPlace(temporary, path);
  }
}

/** Only root can, and another user's file is that user's afterwards, too. */
function keepOwner(temporary: string, { uid, gid }: Stats): void {
  try {
    const own = statSync(temporary);
    if (own.uid !== uid || own.gid !== gid) chownSync(temporary, uid, gid);
  } catch {
    // The output is complete, and ours.
  }
}

/** Writes what is in a file into another one, which stays the same file. */
export function copyInPlace(temporary: string, path: string): void {
  // Not copyFile: it asks for a new file, which the system may refuse in a sticky folder.
  const [from, to] = [openSync(temporary, "r"), openSync(path, "r+")];
  try {
    const buffer = new Uint8Array(COPY_BYTES);
    let end = 0;
    for (let count = readSync(from, buffer); count > 0; count = readSync(from, buffer)) {
      for (let done = 0; done < count; ) done += writeSync(to, buffer, done, count - done, end + done);
      end += count;
    }
    ftruncateSync(to, end);
  } finally {
    closeSync(from);
    closeSync(to);
  }
  rmSync(temporary, { force: true });
}

const COPY_BYTES = 1024 * 1024;
