/**
 * Whether a worker is started before the command line is understood. Nearly every job wants one, and it takes as long to start as
 * we do: side by side, a small job takes hardly more than one start.
 */

/** Flags that ask for another kind of worker, or for none. Found where they only look like flags, they cost some milliseconds. */
const OTHER_WORKERS = /^--(mode|runtime|max-memory|nice|sandbox)(=|$)/;
const NO_WORKERS = /^(--help(=.*)?|--version|--dry-run|-\w*h)$/;
/** First words that are no script (cli/commands.ts, which is not loaded yet). */
const COMMAND = /^(help|completion|doctor|init|peek)$/;

/** Whether the job is likely to want a worker of the usual kind. */
export function wantsUsualWorker(argv: readonly string[]): boolean {
  const [first = "help"] = argv;
  return !COMMAND.test(first) && !argv.some((word) => OTHER_WORKERS.test(word) || NO_WORKERS.test(word));
}
