/** The entry of a worker thread on Bun. */

import type { OutputFile, Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { process } from "../shared/own-process.ts";
import { openOutput } from "../shared/positional-files.ts";
import { listenForStrays } from "../shared/strays.ts";
import { createBunHost, printToStderr } from "./host.ts";

declare const self: {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: readonly Uint8Array[] }) => void) | null;
};

printToStderr();
const host = createBunHost(createPort(), process.exit.bind(process, 0));
serveWorker({ ...host, listenForStrays, openOutput: openedByWrite });

/** Bun closes nothing for a thread that is ended by force, as those are that have only just started when a job ends. */
function openedByWrite(path: string): OutputFile {
  let file: OutputFile | undefined;
  return {
    write(pieces, position) {
      file ??= openOutput(path);
      file.write(pieces, position);
    },
    close: () => file?.close(),
  };
}

function createPort(): Port {
  return {
    send: (pieces) => self.postMessage(pieces),
    receive(onBytes) {
      self.onmessage = ({ data }) => {
        for (const piece of data) onBytes(piece);
      };
    },
  };
}
