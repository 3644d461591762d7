/**
 * V8's young generation in a worker: as large as it needs to be, and no larger.
 *
 * It doubles whenever so much has survived in it as it is large, however long that took: on Node 24 up to 128 MB in any job
 * that is long enough. Beyond this nothing gets quicker (measured on the identity map). V8 looks at its growth factor
 * whenever it grows, so taking that away costs nothing; a limit on the command line would cost 6 % of each start.
 */
import { process } from "../shared/own-process.ts";

const ENOUGH_BYTES = 32 * 1024 * 1024;
const LOOK_EVERY_MS = 250;

export function boundYoungGeneration(): void {
  const timer = setInterval(() => {
    const v8 = process.getBuiltinModule("node:v8");
    const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if (space === undefined || space.space_size < ENOUGH_BYTES) return;
    clearInterval(timer);
    v8.setFlagsFromString("--semi-space-growth-factor=1");
  }, LOOK_EVERY_MS);
  timer.unref();
}
