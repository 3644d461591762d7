/** What a string says that has escapes in it, as UTF-8. */
import { copyTo, nextCopy } from "../../slots/assembly/copies";
import { VECTOR } from "../../slots/assembly/vectors";

const BACKSLASH: i32 = 92;

/** Whether the string that has been copied last is not ASCII. */
export let isCopyWide: bool = false;

/**
 * Copies a string whose escapes are right.
 * @param from behind the first quote
 * @param close at the last one
 * @param isWide whether it has bytes that are not ASCII
 * @returns false where half of a surrogate pair stands alone, which UTF-8 cannot say: nothing is copied then
 */
export function copyUnescaped(from: i32, close: i32, isWide: bool): bool {
  const backslashes = i8x16.splat(<i8>BACKSLASH);
  let at = from;
  let copied = nextCopy;
  isCopyWide = isWide;
  while (true) {
    const bytes = v128.load(at);
    v128.store(copied, bytes);
    const mask = i8x16.bitmask(i8x16.eq(bytes, backslashes));
    const count = mask === 0 ? VECTOR : ctz(mask);
    if (at + count >= close) {
      copyTo(copied + close - at);
      return true;
    }
    at += count;
    copied += count;
    if (mask === 0) continue;
    if (load<u8>(at, 1) !== 117) {
      store<u8>(copied++, charOf(load<u8>(at, 1)));
      at += 2;
      continue;
    }
    let code = hexAt(at + 2);
    at += 6;
    if (code >>> 11 === 27) {
      const isPair = code < 0xdc00 && load<u8>(at) === BACKSLASH && load<u8>(at, 1) === 117;
      const low = isPair ? hexAt(at + 2) : 0;
      if (low >>> 10 !== 55) return false;
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
      at += 6;
    }
    copied = putUtf8(copied, code);
    if (code >= 128) isCopyWide = true;
  }
}

/** What stands for itself, and b, f, n, r, t. */
function charOf(code: u8): u8 {
  switch (code) {
    case 98:
      return 8;
    case 102:
      return 12;
    case 110:
      return 10;
    case 114:
      return 13;
    case 116:
      return 9;
    default:
      return code;
  }
}

function hexAt(at: i32): i32 {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const code = <i32>load<u8>(at + i);
    value = (value << 4) | (code <= 57 ? code - 48 : (code | 32) - 87);
  }
  return value;
}

function putUtf8(to: i32, code: i32): i32 {
  if (code < 0x80) {
    store<u8>(to, code);
    return to + 1;
  }
  let at = to;
  if (code < 0x800) store<u8>(at++, 0xc0 | (code >> 6));
  else {
    if (code < 0x10000) store<u8>(at++, 0xe0 | (code >> 12));
    else {
      store<u8>(at++, 0xf0 | (code >> 18));
      store<u8>(at++, 0x80 | ((code >> 12) & 63));
    }
    store<u8>(at++, 0x80 | ((code >> 6) & 63));
  }
  store<u8>(at++, 0x80 | (code & 63));
  return at;
}
