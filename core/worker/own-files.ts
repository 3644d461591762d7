/** The files of one worker. A worker that is a thread or a function call leaves the process, and what is open in it, to others. */
import { InternalError } from "../errors.ts";
import type { WorkerHost } from "../platform/runtime.ts";

/** A host that knows which files it has opened. */
export interface FilesHost extends WorkerHost {
  /** Closes those that are still open, and opens no others. */
  closeFiles(): void;
}

export function withOwnFiles(host: WorkerHost): FilesHost {
  const open = new Set<{ close(): void }>();
  let isClosed = false;
  return {
    ...host,
    openInput: (path) => kept(() => host.openInput(path)),
    openOutput: (path) => kept(() => host.openOutput(path)),
    createSpill: (folder, worker) => kept(() => host.createSpill(folder, worker)),
    closeFiles,
    exit() {
      closeFiles();
      host.exit();
    },
  };

  function kept<File extends { close(): void }>(openFile: () => File): File {
    // A record that was in flight when its worker ended goes on in the process.
    if (isClosed) throw new InternalError("the worker has ended");
    const file = openFile();
    const own: File = {
      ...file,
      close() {
        if (open.delete(own)) file.close();
      },
    };
    open.add(own);
    return own;
  }

  function closeFiles(): void {
    isClosed = true;
    for (const file of open) {
      try {
        file.close();
      } catch {
        // The worker ends: what it had to tell, it has told.
      }
    }
  }
}
