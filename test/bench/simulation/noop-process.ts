// A worker process that does no work: it answers at once, over the same pipes as a real one.
import { writeSync } from "node:fs";
import { bufferText } from "../../../adapters/shared/buffer-codec.ts";
import { createFrameDecoder, encodeFrame } from "../../../core/protocol/frames.ts";
import type { ToWorker } from "../../../core/protocol/messages.ts";
import { answerTo, WORK_BYTES_PER_MS, workBytes } from "./answers.ts";

let seal: number | undefined;
const decode = createFrameDecoder(bufferText, ({ head }) => {
  const message = head as ToWorker;
  if (message.type === "load") ({ seal } = message);
  const worked = { busyMs: message.type === "map" ? workBytes(message) / WORK_BYTES_PER_MS : 0 };
  for (const piece of encodeFrame(bufferText, answerTo(message, worked), [], seal)) writeSync(1, piece);
  if (message.type === "stop") process.exit(0);
});
process.stdin.on("data", decode);
process.stdin.on("end", () => process.exit(0));
