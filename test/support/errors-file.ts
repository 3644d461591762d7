/** The errors file as a user finds it. */
import { readFileSync } from "node:fs";

export interface Reject {
  readonly source: string;
  readonly line: number;
  readonly offset: number;
  readonly kind: string;
  readonly message: string;
  readonly record: string;
  readonly from: string;
  readonly attempts: number;
  readonly stack: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly base64?: boolean;
  readonly cut?: boolean;
}

export function rejectsOf(path: string): Reject[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line): Reject => JSON.parse(line));
}
