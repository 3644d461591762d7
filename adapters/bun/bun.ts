/**
 * What pmap uses of Bun. The types are pmap's own, so that the package can be checked where Bun's are not known and would change
 * those of other globals: JSR looks at it as Deno does. That Bun has all of it: test/unit/adapters/bun/types.ts.
 */
import type { ParseChunk } from "./lines-probe.ts";

export interface BunGlobal {
  readonly version: string;
  /** The program's entry. */
  readonly main: string;
  readonly stdin: Readable;
  readonly JSONL?: { readonly parseChunk?: ParseChunk };
  readonly CryptoHasher: new (
    algorithm: "sha256",
  ) => { update(data: string | Uint8Array): { digest(encoding: "hex"): string } };
  readonly Transpiler: new (options: { loader: "ts" }) => { transformSync(code: string): string };
  file(descriptor: number): Readable;
  resolveSync(specifier: string, folder: string): string;
  sleep(ms: number): Promise<void>;
  spawn(argv: string[], options: Stdio & { stdin: "pipe"; stdout: "pipe"; stderr: "pipe" }): PipedProcess;
  spawn(argv: string[], options: Stdio & { stdin: "pipe"; stdout: "ignore"; stderr: "ignore" }): ListeningProcess;
  spawn(argv: string[], options: Stdio & { stdin: Passed; stdout: Passed; stderr: Passed }): BunProcess;
}

type Passed = "inherit" | "ignore";

export interface Stdio {
  readonly env?: Record<string, string>;
}

interface Readable {
  stream(): ReadableStream<Uint8Array>;
}

export interface BunProcess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | number | null;
  kill(signal: "SIGKILL"): void;
  unref(): void;
}

export interface ListeningProcess extends BunProcess {
  readonly stdin: {
    write(bytes: Uint8Array): number | Promise<number>;
    flush(): number | Promise<number>;
    end(): unknown;
  };
}

export interface PipedProcess extends ListeningProcess {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
}

export const { Bun } = globalThis as unknown as { readonly Bun: BunGlobal };
