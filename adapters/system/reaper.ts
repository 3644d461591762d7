/**
 * The reaper: a shell that outlives us by a moment. It holds the other end of a pipe; when we are gone, however that
 * came, it kills the workers that are left and removes our folder. A worker in an endless loop would never see the end
 * of its own stdin.
 *
 * It costs one `sh` a job (about 1 ms and 2 MB), beside the workers' start. Where there is no `sh`, workers that are
 * not busy still end at the end of their stdin.
 *
 * A name that it is told is data, never code: it is always quoted, and where it has line feeds it comes in several lines.
 * Variables start empty: the user's environment may have some of the same names. A process is killed only if it
 * started when the one did that we named, a folder removed only if it holds our marker.
 */
import type { Listener, Runtime, WorkerLink } from "../../core/platform/runtime.ts";

/** The file that makes a folder ours: who has made it, and which folder that is. */
export const MARKER = ".pmap-owner";

const SCRIPT = `trap '' INT TERM HUP QUIT TSTP
set -f
unset IFS
workers= folder= marker= line= stat= started= found=
newline='
'
read -r stat </proc/self/stat
[ "\${stat%% *}" = $$ ] && proc=/proc || proc=/nowhere
look() {
  stat=
  IFS= read -r stat <"$proc/$1/stat"
  set -- \${stat##*) }
  started=\${20}
}
while IFS= read -r line; do case $line in
  +*) look "\${line#+}"; workers="$workers \${line#+}:$started";;
  -*) rest=; for worker in $workers; do [ "\${worker%%:*}" = "\${line#-}" ] || rest="$rest $worker"; done; workers=$rest;;
  /*) folder=$line;;
  =*) folder=$folder$newline\${line#=};;
  @*) marker=\${line#@};;
esac; done
for worker in $workers; do look "\${worker%%:*}"; [ "$started" = "\${worker#*:}" ] && kill -9 "\${worker%%:*}"; done
[ "$folder" ] && [ -d "$folder" ] && [ ! -L "$folder" ] || exit 0
IFS= read -r found <"$folder/${MARKER}"
[ "$marker" ] && [ "$found" = "$marker" ] && rm -rf -- "$folder"`;

export interface Reaper {
  /** Watches a worker until it has gone by itself. */
  watch(link: WorkerLink): void;
  /** Removes this folder when we are gone, if the line in its marker file is still this one. */
  own(folder: string, marker: string): void;
  /** Nothing is left to watch: the shell comes to its end. */
  dismiss(): void;
}

export function createReaper(runtime: Pick<Runtime, "spawnListener">): Reaper {
  let listener: Listener | undefined;
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
    own(folder, marker) {
      // In one piece: a name that is cut short is another name.
      tell(`@${marker}\n${folder.replaceAll("\n", "\n=")}`);
    },
    dismiss() {
      listener?.close();
      listener = undefined;
    },
  };
}
