/** What is wrong with compressed data. */
export class Damage extends Error {
  /** The position in the compressed data, if it is known. */
  readonly at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

export const ENDS_TOO_EARLY = "ends too early";
export const GOES_ON = "goes on behind its end";

export function damaged(reason: string, at?: number): Damage {
  return new Damage(`is damaged (${reason.trim()})`, at);
}
