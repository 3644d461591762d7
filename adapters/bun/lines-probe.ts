/** Whether a parser of many JSON lines can be trusted: older ones of Bun take a corrupt line for a good one. */
export type ParseChunk = (bytes: Uint8Array) => { values: unknown[]; done: boolean; error: unknown };

/** What such a parser gives for whole lines; undefined where it finds fault with one of them. */
export function valuesOf(parse: ParseChunk, bytes: Uint8Array): unknown[] | undefined {
  const { values, done, error } = parse(bytes);
  return done && error === null ? values : undefined;
}

/** Each has two lines; one of them is no JSON value. */
const CORRUPT = [
  "1 1\n2\n",
  '{"a":1}{"b":2}\n3\n',
  '{"a":1} x\n2\n',
  "1\n2]\n",
  '{"a":"b\n2\n',
  "1,2\n3\n",
  "01\n2\n",
  "nul\n1\n",
];
const SOUND = '{"b":1,"a":[2,"\\u0041"]}\nnull\n"x"\n';

export function isTrustworthy(parse: ParseChunk): boolean {
  const encoder = new TextEncoder();
  try {
    const sound = valuesOf(parse, encoder.encode(SOUND));
    if (JSON.stringify(sound) !== '[{"b":1,"a":[2,"A"]},null,"x"]') return false;
    return CORRUPT.every((text) => isFoundOut(parse, encoder.encode(text)));
  } catch {
    return false;
  }
}

/** The reader counts lines: as many values as lines would pass. */
function isFoundOut(parse: ParseChunk, bytes: Uint8Array): boolean {
  try {
    const values = valuesOf(parse, bytes);
    return values === undefined || values.length !== 2;
  } catch {
    return true;
  }
}
