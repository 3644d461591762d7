/**
 * The generator behind `ctx.random()`: sfc32 (Chris Doty-Humphrey, PractRand), seeded from (seed, source, offset) by
 * rounds of MurmurHash3's finalizer (Austin Appleby, public domain). A record's numbers depend on nothing else.
 */
export class RecordRandom {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** @param offset a whole number up to 2^53 */
  reseed(seed: number, source: number, offset: number): void {
    this.#a = mix((seed | 0) ^ 0x9e3779b9);
    this.#b = mix(this.#a ^ (offset | 0));
    this.#c = mix(this.#b ^ Math.floor(offset / 4294967296) ^ Math.imul(source, 0x85ebca6b));
    this.#counter = 1;
    for (let round = 0; round < 8; round++) this.#draw();
  }

  /** A number in [0, 1) with 32 random bits. */
  next(): number {
    return this.#draw() / 4294967296;
  }

  #draw(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }
}

function mix(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
