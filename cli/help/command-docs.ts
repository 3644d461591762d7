/** What help, the man page and completion tell of each command. */
import type { CommandName } from "../command.ts";

export interface CommandDoc {
  readonly usage: string;
  /** A line. */
  readonly short: string;
  readonly doc: string;
  /** What may follow, for completion; "files" for any file, "topics" for what `pmap help` knows. */
  readonly words: readonly string[] | "files" | "topics";
}

export const COMMAND_DOCS: Readonly<Record<CommandName, CommandDoc>> = {
  help: {
    usage: "pmap help [TOPIC]",
    short: "the common flags; of a topic, a flag or a command: all about it",
    doc: "Prints the common flags; with a topic, a flag or a command all about it. `pmap help topics` lists the topics.",
    words: "topics",
  },
  completion: {
    usage: "pmap completion bash|zsh|fish",
    short: "a script for the shell that completes flags, values and files",
    doc: 'Prints a script for a shell that completes flags, their values, and files: scripts first, then data of the format of --from. For bash, add to ~/.bashrc: eval "$(pmap completion bash)". For zsh, write it to a file called _pmap in a folder of $fpath. For fish: pmap completion fish > ~/.config/fish/completions/pmap.fish',
    words: ["bash", "zsh", "fish"],
  },
  doctor: {
    usage: "pmap doctor",
    short: "what this machine offers, and what does not work here and why",
    doc: "Prints what this machine offers to pmap: the cores with the reason for their number (the CPU quota, the affinity mask), memory and its limit, the runtimes and their versions, the folder for compiled code, the space in TMPDIR and whether it can be written and executed; and what does not work here, with the reason and what to do. It writes a small file to TMPDIR, and removes it.",
    words: [],
  },
  init: {
    usage: "pmap init [FILE] [--like DATA]",
    short: "write a script that runs, typed after the data",
    doc: "Writes a commented script in TypeScript, script.ts without a name, that runs as it is; - is stdout. With --like DATA the type of its records follows from the first 1,000 of DATA: optional keys, unions, nested objects and arrays, and the strings themselves where there are few. DATA is whatever a job reads (CSV, compressed, a URL, - for stdin); flags for reading, such as --from or --delimiter, become the script's options. At most 16 MiB of it is read. A file that is there is not replaced: then it ends with 2.",
    words: "files",
  },
  peek: {
    usage: "pmap peek DATA",
    short: "the first records, the format and why, and their type",
    doc: "Shows the format of DATA and how it was found, the first 5 records (--limit N for another number), and a TypeScript type that the first 1,000 records have. DATA is whatever a job reads, with the same flags: --from, --delimiter, --encoding, --records-at, ... Only the beginning is read: about 1 MiB, and up to 16 MiB when a record is long. Of several inputs the first is shown.",
    words: "files",
  },
};
