/** Failures that no call can catch, in a process that is a worker's alone (Node and Bun). */
import { process } from "./own-process.ts";

export function listenForStrays(onStray: (what: "rejected" | "thrown", error: unknown) => void): void {
  process.on("unhandledRejection", (error) => onStray("rejected", error));
  process.on("uncaughtException", (error) => onStray("thrown", error));
}
