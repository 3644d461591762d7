/** What a job has to say while it runs. It writes nothing to stderr itself. */
export interface Messages {
  /** The job goes on, waits, or can be gone on with. */
  notice(message: string): void;
  /** Something is probably not as the user meant it. */
  warning(message: string): void;
  /** What workers and the script write to stderr, in whole lines. */
  output(bytes: Uint8Array): void;
}

/** Every worker may have the same to say: each first line is told once. */
export function warnOnce(warn: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    const [what = ""] = message.split("\n");
    if (said.has(what)) return;
    said.add(what);
    warn(message);
  };
}
