/** What to say when a map gave nothing for any record: mostly a typing mistake. */
import { firstBytes } from "../adapters/system/file-stats.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import type { FormatName } from "../core/formats/format.ts";
import { inputNamed } from "../core/formats/registry.ts";

export async function nothingEmitted(code: string, from: FormatName, sources: readonly Source[]): Promise<string> {
  return `no record was emitted: -e gave nothing for any of them\n${await hint(code, from, sources)}`.trimEnd();
}

async function hint(code: string, from: FormatName, sources: readonly Source[]): Promise<string> {
  if (/=>\s*\{\s*(\.\.\.|[\w$"']+\s*[:,}])/.test(code))
    return "To return an object, put it in parentheses: r => ({ ... })";
  if (/=>\s*\{/.test(code) && !/\breturn\b/.test(code)) return "A function body in braces needs a return";
  if (inputNamed(from).ofText === true) return "Records are strings here. For JSON lines add --from jsonl";
  const keys = keysOfFirst(sources);
  if (keys.length === 0) return "";
  const { default: leven } = await import("leven");
  for (const [, name = ""] of code.matchAll(/[\w$)\]]\??\.([A-Za-z_$][\w$]*)/g)) {
    const near = keys.find((key) => key !== name && leven(key.toLowerCase(), name.toLowerCase()) <= 2);
    if (!keys.includes(name) && near !== undefined) return `Records have no "${name}". Did you mean "${near}"?`;
  }
  return `The first record has: ${keys.slice(0, 20).join(", ")}`;
}

/** The keys of the first record, where the first input is a file of JSON lines or CSV. */
function keysOfFirst([source]: readonly Source[]): string[] {
  if (source?.kind !== "file") return [];
  if (source.header !== undefined && source.header.dialect.columns.length > 0)
    return [...source.header.dialect.columns];
  try {
    // Its beginning is compressed.
    if (source.compressed !== undefined) return [];
    const [line = ""] = firstBytes(source.path, source.begin).trimStart().split("\n");
    const record: unknown = JSON.parse(line);
    return typeof record === "object" && record !== null && !Array.isArray(record) ? Object.keys(record) : [];
  } catch {
    return [];
  }
}
