/**
 * Small integers as Parquet packs them: runs of one value, and groups of eight with a fixed number of bits each. These are levels, and
 * places in a dictionary. Own code: hyparquet's grows its output as a damaged run says, to billions of values.
 */

/** Where they stand: the bytes [at, end). */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** With more bits than this a value and what is left of the one before do not fit in 32 bits. */
const MOST_SHIFTED_BITS = 24;

/** Fills `output`. @throws {SyntaxError} where there are not as many */
export function readRuns<T extends Uint8Array | Int32Array>(
  { bytes, at: start, end }: Packed,
  bits: number,
  output: T,
): T {
  if (bits === 0) return output;
  if (bits > 32) throw new SyntaxError(`values of ${bits} bits`);
  let at = start;
  for (let filled = 0; filled < output.length; ) {
    let head = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = at < end && shift < 35 ? (bytes[at++] as number) : tooFew();
      head += (byte & 0x7f) * 2 ** shift;
      more = byte >= 0x80;
    }
    const count = Math.floor(head / 2);
    if (head % 2 === 1) {
      const wanted = Math.min(count * 8, output.length - filled);
      if (at + Math.ceil((wanted * bits) / 8) > end) tooFew();
      unpack(bytes, at, bits, output.subarray(filled, filled + wanted));
      filled += wanted;
      at += count * bits;
    } else {
      const width = Math.ceil(bits / 8);
      if (at + width > end) tooFew();
      let value = 0;
      for (let i = 0; i < width; i++) value |= (bytes[at++] as number) << (8 * i);
      output.fill(value, filled, Math.min(output.length, filled + count));
      filled += count;
    }
  }
  return output;
}

function unpack(bytes: Uint8Array, start: number, bits: number, output: Uint8Array | Int32Array): void {
  if (bits > MOST_SHIFTED_BITS) {
    unpackWide(bytes, start, bits, output);
    return;
  }
  const mask = 2 ** bits - 1;
  let at = start;
  let buffer = 0;
  let held = 0;
  for (let i = 0; i < output.length; i++) {
    for (; held < bits; held += 8) buffer |= (bytes[at++] as number) << held;
    output[i] = buffer & mask;
    buffer >>>= bits;
    held -= bits;
  }
}

function unpackWide(bytes: Uint8Array, start: number, bits: number, output: Uint8Array | Int32Array): void {
  for (let i = 0; i < output.length; i++) {
    let value = 0;
    for (let bit = 0; bit < bits; bit++) {
      const place = i * bits + bit;
      if (((bytes[start + (place >> 3)] as number) >> (place & 7)) & 1) value += 2 ** bit;
    }
    output[i] = value;
  }
}

function tooFew(): never {
  throw new SyntaxError("it has fewer values than it says");
}

/** Bits that hold every value up to the largest one. */
export function bitsFor(most: number): number {
  return 32 - Math.clz32(most);
}
