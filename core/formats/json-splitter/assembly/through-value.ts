/**
 * AssemblyScript, which `npm run build:wasm` compiles to ../through-value.wasm.ts: 16 bytes at a time, with the machine's vector
 * instructions. That what is in strings is the prefix XOR of the quotes is from simdjson (G. Langdale, D. Lemire, "Parsing gigabytes of
 * JSON per second", VLDB Journal 28, 2019).
 *
 * Memory: the state in words, and the text behind it. See ../through-value.ts for what is in them.
 */

const DEPTH: i32 = 0;
const IN_STRING: i32 = 4;
const ESCAPED: i32 = 8;
const LINE_ENDS: i32 = 12;
const HAS_CONTENT: i32 = 16;
const STOP: i32 = 20;
const TEXT: i32 = 64;

const AT_END: i32 = 0;
const BEHIND_VALUE: i32 = 1;
const BEHIND_COMMA: i32 = 2;
const AT_EMPTY: i32 = 3;

const BLOCK: i32 = 16;

/** Goes from index `from` on, where brackets are open, up to behind the last one's end, or to `length`. Gives where it is then. */
export function throughValue(from: i32, length: i32): i32 {
  return through(from, length, 0, 0);
}

/**
 * Goes from index `from` on, where elements of an array stand, up to behind the array's end, or behind a comma at `least` or behind it,
 * or up to a comma without a value before it, or to `length`. Commas between elements become line feeds.
 */
export function throughElements(from: i32, length: i32, least: i32): i32 {
  return through(from, length, least, -1);
}

/** @param floor the depth at which the end is: that of what is around the value, or of what is around the array */
function through(from: i32, length: i32, least: i32, floor: i32): i32 {
  let depth = load<i32>(DEPTH);
  let inString = load<u32>(IN_STRING);
  let escaped = load<u32>(ESCAPED);
  let lineEnds = load<i32>(LINE_ENDS);
  let hasContent = load<i32>(HAS_CONTENT) !== 0;
  let stop = AT_END;
  let at = from;
  while (at < length) {
    const address = TEXT + at;
    const count = min(length - at, BLOCK);
    // One bit for each byte of the block, in all of these.
    let seen: u32 = (1 << count) - 1;
    const block = v128.load(address);
    let quotes = bytesThatAre(block, 34) & seen;
    const backslashes = bytesThatAre(block, 92) & seen;
    if ((backslashes | escaped) !== 0) {
      let events = (quotes | backslashes) & ~escaped;
      let isInside = inString !== 0;
      quotes = 0;
      escaped = 0;
      for (; events !== 0; events &= events - 1) {
        const place = ctz(events);
        const bit: u32 = 1 << place;
        if ((backslashes & bit) === 0) {
          quotes |= bit;
          isInside = !isInside;
        } else if (isInside) {
          events &= ~(bit << 1);
          if (place === count - 1) escaped = 1;
        }
      }
    }
    // From each quote on up to the next one.
    let strings = quotes;
    strings ^= strings << 1;
    strings ^= strings << 2;
    strings ^= strings << 4;
    strings ^= strings << 8;
    strings ^= 0 - inString;

    // A bracket and the brace of its kind differ in one bit.
    const braces = v128.or(block, i8x16.splat(32));
    const outside = seen & ~strings;
    const opening = bytesThatAre(braces, 123) & outside;
    const closing = bytesThatAre(braces, 125) & outside;
    const controls = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(block, i8x16.splat(9)), i8x16.splat(5)));
    let end = -1;
    if (depth > <i32>popcnt(closing)) {
      depth += <i32>popcnt(opening) - <i32>popcnt(closing);
      hasContent = true;
    } else {
      const commas = floor < 0 ? bytesThatAre(block, 44) & outside : 0;
      const content = seen & ~controls & ~bytesThatAre(block, 32) & ~commas;
      let isNew = content;
      for (let events = opening | closing | commas; events !== 0; events &= events - 1) {
        const place = ctz(events);
        const bit: u32 = 1 << place;
        if ((opening & bit) !== 0) depth++;
        else if ((closing & bit) !== 0) {
          if (--depth !== floor) continue;
          // A brace ends no array.
          if (floor < 0 && load<u8>(address + place) !== 93) {
            depth = 0;
            continue;
          }
          end = place;
          stop = BEHIND_VALUE;
          break;
        } else if (depth === 0) {
          const before = isNew & (bit - 1);
          if (!hasContent && before === 0) {
            end = place - 1;
            stop = AT_EMPTY;
            break;
          }
          store<u8>(address + place, 10);
          hasContent = false;
          isNew &= ~before;
          if (at + place + 1 >= least) {
            end = place;
            stop = BEHIND_COMMA;
            break;
          }
        }
      }
      if (stop === AT_END) hasContent = hasContent || isNew !== 0;
      else seen = (1 << (end + 1)) - 1;
    }

    for (let rest = controls & seen; rest !== 0; rest &= rest - 1) {
      const place = ctz(rest);
      const isLineFeed = load<u8>(address + place) === 10;
      if (isLineFeed) lineEnds++;
      if (((strings >> place) & 1) === 0) store<u8>(address + place, 32);
      else if (isLineFeed) store<u8>(address + place, 9);
    }

    if (stop !== AT_END) {
      inString = 0;
      escaped = 0;
      at += end + 1;
      break;
    }
    inString = (strings >> (count - 1)) & 1;
    at += count;
  }
  store<i32>(DEPTH, depth);
  store<u32>(IN_STRING, inString);
  store<u32>(ESCAPED, escaped);
  store<i32>(LINE_ENDS, lineEnds);
  store<i32>(HAS_CONTENT, hasContent ? 1 : 0);
  store<i32>(STOP, stop);
  return at;
}

function bytesThatAre(block: v128, byte: i8): u32 {
  return i8x16.bitmask(i8x16.eq(block, i8x16.splat(byte)));
}
