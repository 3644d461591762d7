/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** `1.24`, or nothing where nothing was measured. */
export function fixed(number: number | undefined, digits = 2): string {
  return number === undefined ? "" : number.toFixed(digits);
}

/** `1,000,000` */
export function grouped(number: number): string {
  return String(number).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

export const runtimeNames: Readonly<Record<string, string>> = {
  node: "Node 20",
  node24: "Node 24",
  bun: "Bun",
  deno: "Deno",
  any: "other programs",
};
