/** Imports a module. JSON has to be said to be that, which `-M` and the importing of a name in a call do not. */
export function importModule(url: string): Promise<Record<string, unknown>> {
  return /^file:.*\.json$/.test(url) ? import(url, { with: { type: "json" } }) : import(url);
}
