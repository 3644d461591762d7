/** What a URL names, and what of it may be told. */
import { UsageError } from "../../../core/errors.ts";

export interface Resource {
  /** Without user and password: not every runtime asks for a URL that has them. */
  readonly url: string;
  /** Without what may be secret: it is told. */
  readonly name: string;
  /** What every request for it says. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when no more of it is wanted. */
  readonly ended?: AbortSignal | undefined;
}

/** @throws {UsageError} for what is no URL */
export function resourceOf(typed: string): Resource {
  const url = parsed(typed);
  if (url === undefined) throw new UsageError(`Cannot read "${shownUrl(typed)}": it is not a URL`, { about: "input" });
  const { username, password } = url;
  const name = shownUrl(typed);
  // The file as it is: what is packed for the way has another length than its head says.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (username !== "" || password !== "") headers.authorization = basic(decoded(username), decoded(password));
  url.username = "";
  url.password = "";
  return { url: url.href, name, headers };
}

/** The URL without user, password, query and fragment. */
export function shownUrl(typed: string): string {
  const url = parsed(typed);
  if (url !== undefined) return `${url.protocol}//${url.host}${url.pathname}`;
  return typed.replace(/[?#].*$/s, "").replace(/\/\/.*@/s, "//");
}

/** Runtimes name the URL in what they say of it, or the one that it has been redirected to. */
export function withoutSecrets(text: string): string {
  return text.replace(/https?:\/\/\S+?(?=[\])}.,:;'"]*(?:\s|$))/gi, shownUrl);
}

function parsed(typed: string): URL | undefined {
  return URL.canParse(typed) ? new URL(typed) : undefined;
}

/** RFC 7617, with the charset that servers take today. */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A URL may have a `%` that encodes nothing: it stands for itself. */
function decoded(encoded: string): string {
  return encoded.replace(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}
