/** The double that is nearest to a decimal of up to 19 digits. */
import { FIFTHS } from "../layout";

/** As many decimal digits are an integer that a double holds exactly, as it does the powers of ten up to there. */
const EXACT_DIGITS: i32 = 15;
const POWERS = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]);

/** Bits of a product that are behind those of a double and one more, which rounds. */
const REST_BITS: i32 = 9;
const FRACTION_BITS: i32 = 52;
const BIAS: i32 = 1023;
/** No more decimals make a number that may stand exactly between two doubles. */
const MOST_DECIMALS_OF_TIE: i32 = 4;

/**
 * @param digits an integer
 * @param count of its digits, zeros in front included
 * @param decimals how many of them are behind the point
 */
export function decimalOf(digits: u64, count: i32, decimals: i32): f64 {
  if (count <= EXACT_DIGITS) return <f64>(<i64>digits) / load<f64>(POWERS + (decimals << 3));
  // Conversion rounds as it has to.
  if (decimals === 0 || digits === 0) return <f64>digits;
  return rounded(digits, decimals);
}

/**
 * From the upper bits of a product with a power of a fifth (D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and
 * Experience 51, 2021, algorithm 1). With so few decimals its 128 bits are enough, and no number is too small.
 */
function rounded(digits: u64, decimals: i32): f64 {
  const zeros = <i32>clz(digits);
  const shifted = digits << zeros;
  const power = FIFTHS + ((decimals - 1) << 4);
  const factor = load<u64>(power);
  let high = highOfProduct(shifted, factor);
  let low = shifted * factor;
  const rest: u64 = (1 << REST_BITS) - 1;
  if ((high & rest) === rest) {
    const more = highOfProduct(shifted, load<u64>(power, 8));
    low += more;
    if (low < more) high++;
  }
  const upper = <i32>(high >> 63);
  const shift = upper + REST_BITS;
  let fraction = high >> shift;
  // log2(10) in 65536ths.
  let exponent = ((217706 * -decimals) >> 16) + 63 + upper - zeros + BIAS;
  const isTie = low <= 1 && decimals <= MOST_DECIMALS_OF_TIE && (fraction & 3) === 1 && fraction << shift === high;
  if (isTie) fraction--;
  fraction = (fraction + (fraction & 1)) >> 1;
  if (fraction === (<u64>2) << FRACTION_BITS) {
    fraction >>= 1;
    exponent++;
  }
  return reinterpret<f64>((fraction & (((<u64>1) << FRACTION_BITS) - 1)) | ((<u64>exponent) << FRACTION_BITS));
}

/** The upper 64 of 128 bits. */
function highOfProduct(a: u64, b: u64): u64 {
  const half: u64 = 0xffffffff;
  const lowLow = (a & half) * (b & half);
  const highLow = (a >> 32) * (b & half);
  const lowHigh = (a & half) * (b >> 32);
  const middle = (lowLow >> 32) + (highLow & half) + lowHigh;
  return (a >> 32) * (b >> 32) + (highLow >> 32) + (middle >> 32);
}
