/**
 * AssemblyScript, which `npm run build:wasm` compiles to ../through-value.wasm.ts: 64 bytes at a time, with the machine's vector
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

const BLOCK: i32 = 64;
const VECTOR: i32 = 16;

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
  let inString: u64 = load<u32>(IN_STRING);
  let escaped: u64 = load<u32>(ESCAPED);
  let lineEnds = load<i32>(LINE_ENDS);
  let hasContent = load<i32>(HAS_CONTENT) !== 0;
  let stop = AT_END;
  let at = from;
  while (at < length) {
    const address = TEXT + at;
    const count = min(length - at, BLOCK);
    const a = v128.load(address);
    const b = v128.load(address + VECTOR);
    const c = v128.load(address + 2 * VECTOR);
    const d = v128.load(address + 3 * VECTOR);
    // One bit for each byte of the block, in all of these.
    const seen: u64 = count === BLOCK ? -1 : ((<u64>1) << count) - 1;
    let quotes = bytesThatAre(a, b, c, d, 34) & seen;
    const backslashes = bytesThatAre(a, b, c, d, 92) & seen;
    if ((backslashes | escaped) !== 0) {
      let events = (quotes | backslashes) & ~escaped;
      let isInside = inString !== 0;
      quotes = 0;
      escaped = 0;
      for (; events !== 0; events &= events - 1) {
        const place = <i32>ctz(events);
        const bit = (<u64>1) << place;
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
    strings ^= strings << 16;
    strings ^= strings << 32;
    strings ^= 0 - inString;

    const outside = seen & ~strings;
    const opening = brackets(a, b, c, d, 123) & outside;
    const closing = brackets(a, b, c, d, 125) & outside;
    const controls = masks(controlsIn(a), controlsIn(b), controlsIn(c), controlsIn(d)) & seen;
    if (depth > <i32>popcnt(closing)) {
      depth += <i32>popcnt(opening) - <i32>popcnt(closing);
      hasContent = true;
      if (controls !== 0) {
        if (count === BLOCK && (controls & strings) === 0) {
          lineEnds += <i32>popcnt(bytesThatAre(a, b, c, d, 10));
          v128.store(address, withSpaces(a));
          v128.store(address + VECTOR, withSpaces(b));
          v128.store(address + 2 * VECTOR, withSpaces(c));
          v128.store(address + 3 * VECTOR, withSpaces(d));
        } else lineEnds += replace(address, controls, strings);
      }
    } else {
      const commas = floor < 0 ? bytesThatAre(a, b, c, d, 44) & outside : 0;
      const content = seen & ~controls & ~bytesThatAre(a, b, c, d, 32) & ~commas;
      let isNew = content;
      let end = -1;
      let start: u64 = 1;
      for (let events = opening | closing; ; events &= events - 1) {
        // Brackets are few, and commas are looked at where they stand between elements.
        const bit = events & (0 - events);
        for (let rest = depth === 0 ? commas & (bit - 1) & (0 - start) : 0; rest !== 0; rest &= rest - 1) {
          const place = <i32>ctz(rest);
          const before = isNew & (((<u64>1) << place) - 1);
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
        if (stop !== AT_END || bit === 0) break;
        start = bit;
        if ((opening & bit) !== 0) {
          depth++;
          continue;
        }
        if (--depth !== floor) continue;
        const place = <i32>ctz(bit);
        // A brace ends no array.
        if (floor < 0 && load<u8>(address + place) !== 93) {
          depth = 0;
          continue;
        }
        end = place;
        stop = BEHIND_VALUE;
        break;
      }
      if (stop === AT_END) {
        hasContent = hasContent || isNew !== 0;
        lineEnds += replace(address, controls, strings);
      } else {
        lineEnds += replace(address, controls & upTo(end), strings);
        inString = 0;
        escaped = 0;
        at += end + 1;
        break;
      }
    }
    inString = (strings >> (count - 1)) & 1;
    at += count;
  }
  store<i32>(DEPTH, depth);
  store<u32>(IN_STRING, <u32>inString);
  store<u32>(ESCAPED, <u32>escaped);
  store<i32>(LINE_ENDS, lineEnds);
  store<i32>(HAS_CONTENT, hasContent ? 1 : 0);
  store<i32>(STOP, stop);
  return at;
}

function upTo(last: i32): u64 {
  return last < 0 ? 0 : ((<u64>2) << last) - 1;
}

/** Controls become spaces; in a string a line feed becomes a tab, and others stay. Gives how many line feeds there were. */
function replace(address: i32, controls: u64, strings: u64): i32 {
  let lineEnds = 0;
  for (let rest = controls; rest !== 0; rest &= rest - 1) {
    const place = <i32>ctz(rest);
    const isLineFeed = load<u8>(address + place) === 10;
    if (isLineFeed) lineEnds++;
    if (((strings >> place) & 1) === 0) store<u8>(address + place, 32);
    else if (isLineFeed) store<u8>(address + place, 9);
  }
  return lineEnds;
}

function bytesThatAre(a: v128, b: v128, c: v128, d: v128, byte: i8): u64 {
  const wanted = i8x16.splat(byte);
  return masks(i8x16.eq(a, wanted), i8x16.eq(b, wanted), i8x16.eq(c, wanted), i8x16.eq(d, wanted));
}

/** Braces, and the brackets that differ from them in one bit. */
function brackets(a: v128, b: v128, c: v128, d: v128, brace: i8): u64 {
  const bit = i8x16.splat(32);
  return bytesThatAre(v128.or(a, bit), v128.or(b, bit), v128.or(c, bit), v128.or(d, bit), brace);
}

/** Tabs and line ends, which are white space of JSON. */
function controlsIn(block: v128): v128 {
  const tabsAndLineFeeds = i8x16.lt_u(i8x16.sub(block, i8x16.splat(9)), i8x16.splat(2));
  return v128.or(tabsAndLineFeeds, i8x16.eq(block, i8x16.splat(13)));
}

function withSpaces(block: v128): v128 {
  return v128.bitselect(i8x16.splat(32), block, controlsIn(block));
}

function masks(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u64>i8x16.bitmask(a) | ((<u64>i8x16.bitmask(b)) << 16);
  return low | ((<u64>i8x16.bitmask(c)) << 32) | ((<u64>i8x16.bitmask(d)) << 48);
}
