/** The last that a thread posts: Deno does not tell when one ends. */

interface Farewell {
  readonly pmapExit: number;
}

export function farewell(pmapExit: number): Farewell {
  return { pmapExit };
}

/** The exit code, where this is a farewell. */
export function farewellCode(data: unknown): number | undefined {
  const code = typeof data === "object" && data !== null ? (data as Partial<Farewell>).pmapExit : undefined;
  return typeof code === "number" ? code : undefined;
}
