/** What a worker gets from Deno. Nothing here imports a node: module: the first one costs more than the whole start. */
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import type { InputFile, OutputFile, Port, SpillFile, WorkerHost } from "../../core/platform/runtime.ts";
import { hostBasics } from "../shared/base-host.ts";
import { consoleToStderr } from "../shared/console.ts";
import { importModule } from "../shared/import-module.ts";
import { resolveModule } from "../shared/resolve-module.ts";
import { isOwnFrame } from "../shared/stack-frames.ts";
import { type ChannelEnds, fifosOf, openUri } from "../shared/uri-files.ts";
import { denoText } from "./text-codec.ts";

export function createDenoHost(port: Port, exit: () => void): WorkerHost {
  return {
    ...hostBasics(port, exit, (timer) => Deno.unrefTimer(timer as unknown as number)),
    text: denoText,
    encodeBase64: (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
    decodeBase64: (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    openInput,
    openOutput,
    createSpill,
    // Deno loads TypeScript itself, whatever is in it.
    importModule,
    resolveModule: async (specifier, folder) =>
      /^(npm|jsr|node|https?):/.test(specifier) ? specifier : await resolveModule(specifier, folder),
    stripTypes,
    wantsTsx: () => false,
    async sampleCpu() {
      const [{ sampleCpu }, { emittedMap }] = await Promise.all([
        import("../shared/cpu-sampler.ts"),
        import("./emitted.ts"),
      ]);
      return sampleCpu({ isOwn: isOwnFrame, findMap: emittedMap });
    },
  };
}

function openInput(path: string): InputFile {
  const far = openUri(path, openEnds);
  if (far !== undefined) return far;
  const file = Deno.openSync(path);
  return { read: reader(file), close: () => file.close(), identity: () => identityOf(file.statSync()) };
}

function openEnds(channel: string): ChannelEnds {
  const names = fifosOf(channel, Deno.pid);
  const ask = Deno.openSync(names.ask, { write: true });
  const answer = Deno.openSync(names.answer);
  return {
    write: (bytes) => writeAll(ask, bytes),
    read: (target) => answer.readSync(target) ?? 0,
    close() {
      ask.close();
      answer.close();
    },
  };
}

function identityOf({ dev, ino, size, mtime }: Deno.FileInfo): InputIdentity {
  return { dev, ino: ino ?? 0, size, mtimeMs: mtime?.getTime() ?? 0 };
}

function reader(file: Deno.FsFile): InputFile["read"] {
  return (target, at, length, position) => {
    file.seekSync(position, Deno.SeekMode.Start);
    return file.readSync(target.subarray(at, at + length)) ?? 0;
  };
}

function openOutput(path: string): OutputFile {
  // The names below /proc/PID/fd are links to what the shell has opened.
  if (!path.startsWith("/proc/") && Deno.lstatSync(path).isSymlink) throw new Error("it is a link now");
  const file = Deno.openSync(path, { write: true });
  return {
    write(pieces, position) {
      file.seekSync(position, Deno.SeekMode.Start);
      for (const piece of pieces) writeAll(file, piece);
    },
    close: () => file.close(),
  };
}

function createSpill(folder: string, worker: number): SpillFile {
  // A job that goes on needs the runs of workers that are gone, and numbers of processes come again.
  const path = `${folder}/run-${Deno.pid}-${worker}-${crypto.randomUUID()}`;
  const file = Deno.openSync(path, { read: true, write: true, createNew: true });
  let end = 0;
  return {
    path,
    read: reader(file),
    append(bytes) {
      const start = end;
      file.seekSync(start, Deno.SeekMode.Start);
      writeAll(file, bytes);
      end += bytes.length;
      return start;
    },
    close: () => file.close(),
  };
}

function writeAll(file: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += file.writeSync(bytes.subarray(done));
}

async function stripTypes(code: string): Promise<string> {
  const { default: nodeModule } = await import("node:module");
  return (nodeModule as unknown as { stripTypeScriptTypes(code: string): string }).stripTypeScriptTypes(code);
}

/** Whatever a script prints goes to stderr: stdout is the port of a worker, and carries records in the coordinator. */
export function printToStderr(): void {
  consoleToStderr();
  const { stdout, stderr } = Deno;
  Object.defineProperties(Object.getPrototypeOf(stdout), {
    write: { value: (bytes: Uint8Array) => stderr.write(bytes) },
    writeSync: { value: (bytes: Uint8Array) => stderr.writeSync(bytes) },
  });
}
