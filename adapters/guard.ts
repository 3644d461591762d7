/**
 * The guard: a shell that outlives us by a moment. It holds the other end of a pipe; when we are gone, however that
 * came, it kills the workers that are left and removes our folder. A worker in an endless loop would never see the end
 * of its own stdin.
 *
 * It costs one `sh` a job (about 1 ms and 2 MB), beside the workers' start. Where there is no `sh`, workers that are
 * not busy still end at the end of their stdin.
 */
import type { Runtime, WorkerLink } from "../core/runtime.ts";

const SCRIPT = `trap '' INT TERM HUP QUIT TSTP
while read -r line; do case $line in
  +*) pids="$pids \${line#+}";;
  -*) rest=; for pid in $pids; do [ "$pid" = "\${line#-}" ] || rest="$rest $pid"; done; pids=$rest;;
  /*) folders="$folders $line";;
esac; done
[ "$pids" ] && kill -9 $pids 2>/dev/null
[ "$folders" ] && rm -rf $folders`;

export interface Guard {
  /** Watches a worker until it has gone by itself. */
  watch(link: WorkerLink): void;
  /** Removes this folder when we are gone. Its name has no spaces. */
  own(folder: string): void;
}

export function createGuard(runtime: Pick<Runtime, "spawnListener">): Guard {
  let listener: { write(text: string): void } | undefined;
  let tried = false;
  const tell = (line: string) => {
    if (!tried) listener = runtime.spawnListener({ argv: ["sh", "-c", SCRIPT] });
    tried = true;
    listener?.write(`${line}\n`);
  };
  return {
    watch(link) {
      if (link.pid === undefined) return;
      tell(`+${link.pid}`);
      // Detached: `exited` never rejects.
      void link.exited.then(() => tell(`-${link.pid}`));
    },
    own: tell,
  };
}
