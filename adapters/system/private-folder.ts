/** Folders for code that is run: a user who can write to one runs code as the user who trusts it. */
import { lstatSync, mkdirSync, readdirSync, realpathSync, type Stats } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

const OTHERS_WRITE = 0o022;
const OTHERS_ENTER = 0o011;
const STICKY = 0o1000;

/**
 * Makes a folder, unless it is there. Looks at it and at every folder on the way: seven calls of the system for one in a
 * home, which a start can afford.
 * @returns its real name; undefined if it, or what is in it, is not this user's, or if another user could put something there
 */
export function makePrivateFolder(folder: string): string | undefined {
  if (!isAbsolute(folder)) return undefined;
  try {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
    // On Windows a home is private as it is.
    if (process.getuid === undefined) return folder;
    const stats = lstatSync(folder);
    if (!isOwn(stats) || !stats.isDirectory() || isOpen(stats) || !contentIsOwn(folder, stats)) return undefined;
    return parentsAreSafe(folder) ? folder : realName(folder);
  } catch {
    return undefined;
  }
}

/** A name with links on the way: what counts is where they lead now, and that name is used. */
function realName(folder: string): string | undefined {
  const real = realpathSync(folder);
  return real !== folder && isOwn(lstatSync(real)) && parentsAreSafe(real) ? real : undefined;
}

/** Only the user and root can put another folder in the place of one on the way to it. */
function parentsAreSafe(folder: string): boolean {
  for (let at = dirname(folder); ; at = dirname(at)) {
    const stats = lstatSync(at);
    if (!stats.isDirectory() || (stats.uid !== 0 && !isOwn(stats))) return false;
    // In a sticky folder, as /tmp, only its owner can rename what is there.
    if (isOpen(stats) && (stats.mode & STICKY) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/** What is there may have been put there when others could still write to it. */
function contentIsOwn(folder: string, { mode }: Stats): boolean {
  const othersEnter = (mode & OTHERS_ENTER) !== 0;
  return readdirSync(folder).every((name) => {
    const stats = lstatSync(join(folder, name));
    return isOwn(stats) && !stats.isSymbolicLink() && !(othersEnter && isOpen(stats));
  });
}

function isOwn({ uid }: Stats): boolean {
  return uid === process.getuid?.();
}

function isOpen({ mode }: Stats): boolean {
  return (mode & OTHERS_WRITE) !== 0;
}
