/** Text in pieces as UTF-8: a character may be cut between its two UTF-16 code units. */

export interface PiecesEncoder {
  encode(text: string): Uint8Array;
  /** What is left of a character whose other half has not come; undefined where nothing is. */
  rest(): Uint8Array | undefined;
}

const ENDS_INSIDE = /[\ud800-\udbff]$/;

export function createPiecesEncoder(): PiecesEncoder {
  const encoder = new TextEncoder();
  let half = "";
  return {
    encode(text) {
      const whole = half + text;
      half = ENDS_INSIDE.test(whole.slice(-1)) ? whole.slice(-1) : "";
      return encoder.encode(half === "" ? whole : whole.slice(0, -1));
    },
    rest() {
      if (half === "") return undefined;
      const rest = encoder.encode(half);
      half = "";
      return rest;
    },
  };
}
