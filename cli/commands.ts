/**
 * What pmap does besides running a job, by the first word of the command line. Each is loaded when it is asked for; what is told
 * of it is in help/command-docs.ts. The first word is always the command, also beside a file of that name: what it does must not
 * depend on the folder. A script that is called so is run by its path (`pmap ./help`, and `./help` by its own first line).
 */
import type { Command, CommandName } from "./command.ts";

export const COMMANDS = {
  async help(words, { version }) {
    const { help } = await import("./help/help.ts");
    return help(words.join(" "), version);
  },
  async completion(words) {
    const { completion } = await import("./help/completion.ts");
    return completion(words);
  },
  async doctor(words, { runtime, version }) {
    const { doctor } = await import("./doctor.ts");
    return doctor(words, runtime.name, version);
  },
  async init(words, context) {
    const { init } = await import("./sample/init.ts");
    return init(words, context);
  },
  async peek(words, context) {
    const { peek } = await import("./sample/peek.ts");
    return peek(words, context);
  },
} satisfies Readonly<Record<CommandName, Command>>;
