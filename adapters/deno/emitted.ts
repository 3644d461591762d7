/** The source maps of what Deno has made of TypeScript: it runs the code without them, and keeps both in its cache. */
import { type FoundMap, type LoadedScript, TYPESCRIPT } from "../shared/source-mapping.ts";

const MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)/;

export function emittedMap({ url, text }: LoadedScript): FoundMap {
  if (!TYPESCRIPT.test(url)) return "as written";
  const folder = cacheFolder();
  if (folder === undefined || !url.startsWith("file:")) return "unknown";
  try {
    const path = decodeURIComponent(new URL(url).pathname).replace(/^\/([A-Za-z]):/, "/$1");
    const emitted = Deno.readTextFileSync(`${folder}/gen/file${path}.js`);
    const found = MAP.exec(emitted);
    // Of another version of the file its lines would be wrong.
    if (found === null || emitted.slice(0, found.index).trim() !== text.trim()) return "unknown";
    const bytes = Uint8Array.from(atob(found[1] as string), (character) => character.charCodeAt(0));
    return { json: new TextDecoder().decode(bytes) };
  } catch {
    return "unknown";
  }
}

/** Where `deno info` says that the cache is. */
function cacheFolder(): string | undefined {
  const { DENO_DIR: own, XDG_CACHE_HOME: caches, HOME: home, LOCALAPPDATA: local } = Deno.env.toObject();
  if (own) return own;
  if (Deno.build.os === "windows") return local && `${local}/deno`;
  if (Deno.build.os === "darwin") return home && `${home}/Library/Caches/deno`;
  return caches ? `${caches}/deno` : home && `${home}/.cache/deno`;
}
