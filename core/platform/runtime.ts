/**
 * The contract between core and adapters: what core asks of a runtime, and what the runtime owes.
 */

import type { Signal } from "../script/types.ts";
import type { CpuSampler } from "./cpu-sampler.ts";
import type { InputIdentity } from "./input-identity.ts";
import type { MemberCompression, MemberIndex } from "./member-index.ts";
import type { TextCodec } from "./text-codec.ts";

export type RuntimeName = "node" | "deno" | "bun";
export type Mode = "process" | "thread" | "inline";

/** One end of a worker's link: bytes in, bytes out, in order. Frames are core's business. */
export interface Port {
  /**
   * Sends the pieces in this order. Never throws: a dead link closes.
   * They may be read later, so the caller must not change them, unless this port sends at once.
   */
  send(pieces: readonly Uint8Array[]): void;
  /** When `send` returns, the bytes are gone: the owner of the pieces may fill them again. */
  readonly sendsAtOnce?: true;
  /** Called once. `onBytes` gets every byte that arrives; `onClosed` comes once, after the last. */
  receive(onBytes: (bytes: Uint8Array) => void, onClosed: () => void): void;
}

/** How a worker ended. An exit code that is null says that there is none; it is never 0. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what the worker wrote to stderr. */
  readonly stderrTail: string;
}

/** A worker as the coordinator sees it. */
export interface WorkerLink {
  readonly port: Port;
  /** The process, or undefined for a thread. */
  readonly pid: number | undefined;
  /** Settles exactly once, also when the worker could not be started. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Ends the worker at once; `exited` follows. */
  kill(): void;
}

/**
 * The descriptors of a worker's port: stdin and stdout; descriptor 3, which goes both ways; or 3 to read from and 4 to write
 * to. With a port of its own a worker's stdin is nothing, and its stdout is the log.
 */
export type PortDescriptors = "0,1" | "3" | "3,4";

/** What starts a process: the command line, and what its environment differs in. */
export interface Command {
  readonly argv: readonly string[];
  /** Of a worker: "0,1" where it is not said. */
  readonly port?: PortDescriptors;
  /** The whole environment, where it is not to be inherited. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A process that only listens. */
export interface Listener {
  write(text: string): void;
  /** There is no more to hear. */
  close(): void;
}

/** A runtime as the coordinator uses it. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  readonly text: TextCodec;
  /** The file that runs scripts on this runtime; undefined where we are an executable that is made of one program. */
  program(): string | undefined;
  /** Starts a worker process; `onStderr` gets what it says beside its port. */
  spawnProcess(command: Command, onStderr: (bytes: Uint8Array) => void): WorkerLink;
  /** Starts a worker thread from a module. Where `limitsThreads`, its heap is limited. */
  spawnThread(url: string, onStderr: (bytes: Uint8Array) => void, maxMemoryBytes?: number): WorkerLink;
  readonly limitsThreads: boolean;
  /** Starts a process that reads what we write to it, and nothing else; it comes to its end when we close it, or end. */
  spawnListener(command: Command): Listener | undefined;
  /** Runs a command on our own stdin or stdout and waits for it; null where it could not be started. */
  runOn(stream: "stdin" | "stdout", command: Command): Promise<number | null>;
  /** The next bytes of stdin; undefined at its end. */
  readStdin(): Promise<Uint8Array | undefined>;
  /** Writes to stdout; resolves when the bytes are out of our hands. */
  writeStdout(pieces: readonly Uint8Array[]): Promise<void>;
  /** SHA-256, in hexadecimal digits. */
  sha256(data: string | Uint8Array): string;
  /** What a worker in this very process needs; loaded when one is wanted. */
  loadHosting(): Promise<Hosting>;
}

export type OnStray = (what: "rejected" | "thrown", error: unknown) => void;

export interface Hosting {
  createHost(port: Port, exit: () => void): WorkerHost;
  /** From now on whatever a script prints goes to stderr. */
  printToStderr(): void;
  /** As in a WorkerHost, until the function that it returns is called. */
  listenForStrays(onStray: OnStray): () => void;
}

/** A file that can be written at any position. */
export interface OutputFile {
  /** Writes all of the pieces, one after the other, from `position` on. Throws what the system says (ENOSPC). */
  write(pieces: readonly Uint8Array[], position: number): void;
  /** Once. A write that comes later throws. */
  close(): void;
}

/** A file that can only be appended to, and read back: the sorted runs of a grouped reduce. */
export interface SpillFile extends InputFile {
  readonly path: string;
  /** Appends and returns the position at which the bytes start. */
  append(bytes: Uint8Array): number;
}

/** How an output may be compressed: in members, so that it can be read from any of them on. */
export type OutputCompression = MemberCompression;

/** Opens a compressed file as what is in it. Its `read` throws for a member that is damaged, with its place in the file. */
export type OpenMembers = (file: InputFile, index: MemberIndex) => InputFile;

/** What a thread has had of a core since it began, and how long it could have run and had none; in milliseconds. */
export interface ThreadTime {
  readonly ranMs: number;
  readonly queuedMs: number;
}

/** Decompresses a page of Parquet. @param length of what comes out */
export type DecompressPage = (bytes: Uint8Array, length: number) => Uint8Array;

/** What the runtime itself can decompress of the pages of Parquet, by the names that it has there. */
export type PageCodecs = Readonly<Partial<Record<"GZIP" | "ZSTD" | "BROTLI", DecompressPage>>>;

/** What a worker gets from its runtime. */
export interface WorkerHost {
  readonly text: TextCodec;
  readonly port: Port;
  readonly signal: Signal;
  /** Whether a line of a stack is a frame of pmap's own. */
  readonly isOwnFrame: (line: string) => boolean;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  /** Calls `task` after `delayMs`, unless cancelled; does not keep the worker alive. */
  after(delayMs: number, task: () => void): () => void;
  encodeBase64(bytes: Uint8Array): string;
  decodeBase64(text: string): Uint8Array;
  openInput(path: string): InputFile;
  openOutput(path: string): OutputFile;
  createSpill(folder: string, worker: number): SpillFile;
  /** Compresses a part of an output, in blocks (or frames) of `blockBytes` each. Rejects where the runtime cannot. */
  compress(compression: OutputCompression, bytes: Uint8Array, blockBytes: number): Promise<Uint8Array[]>;
  pageCodecs(): Promise<PageCodecs>;
  /** What reads compressed files by ranges. */
  loadMembers(): Promise<OpenMembers>;
  /** Imports a module. With `tsx` the module and what it imports are TypeScript that the runtime can't load itself. */
  importModule(url: string, loader: "native" | "tsx"): Promise<Record<string, unknown>>;
  /** The URL of a module as it would be found from `folder`. */
  resolveModule(specifier: string, folder: string): Promise<string>;
  stripTypes(code: string): string | Promise<string>;
  /** Whether `importModule` failed for a reason that tsx would not fail for. `script` is the script's URL, if it has one. */
  wantsTsx(error: unknown, script: string | undefined): boolean;
  /** A syntax error with its place, the line and a caret. Undefined for any other error. `script` as for `wantsTsx`. */
  describeSyntax?(error: unknown, script: string | undefined): string | undefined;
  /** CPU time that the worker's process has taken, in milliseconds; where it is a process, and the runtime tells. */
  cpuMs?(): number;
  /** Of the worker's own thread; where it is a process's, and the system tells. */
  threadTime?(): ThreadTime | undefined;
  /**
   * Begins to sample this thread. Rejects where the runtime cannot.
   * @param codeLines lines of the longest code from the command line, for runtimes that do not know its name
   */
  sampleCpu(codeLines: number): Promise<CpuSampler>;
  /** Before the first import: lines of TypeScript are wanted, also where the loader would make one line of all. */
  keepLines?(): void;
  /** Aborts `signal`. */
  abort(): void;
  /** Calls `onStray` with what is thrown or rejected where no call of the worker's can catch it; where that is the worker's alone. */
  listenForStrays?(onStray: OnStray): void;
  /** Ends the worker in order, after the last frame has left. */
  exit(): void;
}

/** A file that can be read at any position, without waiting. */
export interface InputFile {
  /** Reads up to `length` bytes at `position` to `target[at]`; returns how many there were, 0 at the end. */
  read(target: Uint8Array, at: number, length: number, position: number): number;
  close(): void;
  /** Which file it is. */
  identity?(): InputIdentity;
  /** Does what takes long before bytes up to a position can be read. What is wrong with the file, reading tells. */
  prepare?(end: number): void;
  /** What is wrong with all that is in it, behind "its": a record that cannot be parsed may come of that. It may read the file. */
  damage?(): string | undefined;
}
