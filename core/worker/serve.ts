/**
 * The worker: what arrives on its port, and in which order it is heard. What becomes of it is the script's life (script-life.ts).
 *
 * What a worker is on a runtime (a process, a thread, or nothing but a function call) is the host's business.
 */
import type { WorkerHost } from "../platform/runtime.ts";
import { createFrameDecoder, type Frame } from "../protocol/frames.ts";
import type { Request, ToWorker } from "../protocol/messages.ts";
import { strayBy } from "./failure-messages.ts";
import { Outbox } from "./outbox.ts";
import { withOwnFiles } from "./own-files.ts";
import { StartTurns } from "./records/start-turns.ts";
import { ScriptLife } from "./script-life.ts";

const REQUESTS: readonly string[] = ["map", "merge", "group", "compress", "rows"] satisfies Request["type"][];

/** What comes in its turn; the others are heard at once. */
type Queued = Exclude<ToWorker, { readonly type: "grant" | "starts" | "halt" }>;

/** Serves one job on the host's port, and ends with it. */
export function serveWorker(bare: WorkerHost): void {
  const host = withOwnFiles(bare);
  const outbox = new Outbox(host.text, (frames) => host.port.send(frames));
  const turns = new StartTurns((starts, ended, batch) => outbox.send({ type: "asks", starts, ended, batch }));
  const life = new ScriptLife({ host, outbox, turns, inTurn });
  /** Loading, starting and stopping are asynchronous; what comes after them waits. */
  let before: Promise<void> | undefined;

  const arrived: Frame[] = [];
  const decode = createFrameDecoder(host.text, (frame) => {
    const message = frame.head as ToWorker;
    // At once, whatever came before it: others wait for the output, and its bytes take up room.
    if (message.type === "grant") life.write(message);
    else if (message.type === "starts") turns.allow(message.count);
    else if (message.type === "halt") life.halt();
    else arrived.push(frame);
  });
  host.port.receive(
    (bytes) => {
      decode(bytes);
      for (const frame of arrived.splice(0)) receive(frame.head as Queued, frame);
      outbox.release();
    },
    () => host.exit(),
  );

  host.listenForStrays?.((what, error) => outbox.send(strayBy(host, life.phase, what, error)));

  function receive(message: Queued, frame: Frame): void {
    if (message.type === "load") outbox.open(message.seal);
    // Before what it waits for: records in flight may listen to the signal.
    if (message.type === "stop" && message.how === "in a hurry") host.abort();
    if (before === undefined && isRequest(message)) {
      life.answer(message, frame);
      return;
    }
    inTurn(() => step(message, frame));
  }

  /** Behind what has to come before it; what comes next waits for it. */
  function inTurn(task: () => Promise<void>): void {
    const mine = (before ?? Promise.resolve()).then(task);
    before = mine;
    void mine.then(() => {
      if (before === mine) before = undefined;
    });
  }

  async function step(message: Queued, frame: Frame): Promise<void> {
    if (message.type === "load") await life.load(message.script);
    else if (message.type === "start") await life.start(message.settings);
    else if (message.type === "stop") await life.stop();
    else life.answer(message, frame);
  }
}

function isRequest(message: ToWorker): message is Request {
  return REQUESTS.includes(message.type);
}
