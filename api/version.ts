/** The version of this package. */
import { readFileSync } from "node:fs";
import { ownFile } from "../adapters/shared/own-file.ts";

/** @throws {UsageError} in a bundle */
export function version(): string {
  const file = ownFile(
    () => import.meta.url,
    (own) => (own.endsWith(".ts") ? "../package.json" : "../../package.json"),
  );
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
