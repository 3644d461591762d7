import type { WorkerLink } from "../../../core/platform/runtime.ts";
import type { TextCodec } from "../../../core/platform/text-codec.ts";
import { listenIn } from "../../support/listen-in.ts";

/** The link as it is, and when its worker is ready for records; from then on nothing listens in. */
export function watchStart(link: WorkerLink, text: TextCodec): { link: WorkerLink; started: Promise<void> } {
  let tell = () => {};
  const started = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const listened = listenIn(link, text, ({ type }) => {
    if (type === "started") tell();
    return type !== "started";
  });
  return { link: listened, started };
}
