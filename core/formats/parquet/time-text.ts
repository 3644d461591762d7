/** Dates and times of Parquet as ISO 8601 has them. All that an integer can say is printed: also what a Date cannot hold. */

const SECONDS_OF_DAY = 86_400;
const DAYS_OF_400_YEARS = 146_097;
/** From 0000-03-01, where the calendar's arithmetic is simple, to 1970-01-01. */
const DAYS_TO_EPOCH = 719_468;

/** `2024-01-02`. @param days since 1970-01-01 */
export function dateText(days: number): string {
  // Howard Hinnant's days_from_civil, the other way round.
  const shifted = days + DAYS_TO_EPOCH;
  const era = Math.floor(shifted / DAYS_OF_400_YEARS);
  const dayOfEra = shifted - era * DAYS_OF_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return `${yearText(yearOfEra + era * 400 + (month <= 2 ? 1 : 0))}-${two(month)}-${two(day)}`;
}

/** `01:02:03.000004`. @param count since midnight, in units of 10 to the power of `-digits` seconds */
export function timeText(count: number, digits: number): string {
  const perSecond = 10 ** digits;
  const seconds = Math.floor(count / perSecond);
  const fraction = count - seconds * perSecond;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${text}.${String(fraction).padStart(digits, "0")}`;
}

/** `2024-01-02T01:02:03.000004`. @param count since 1970-01-01, in units of 10 to the power of `-digits` seconds */
export function timestampText(count: bigint | number, digits: number): string {
  const [days, rest] = typeof count === "number" ? daysOf(count, digits) : daysOfBig(count, digits);
  if (days !== last.days) last = { days, text: dateText(days) };
  return `${last.text}T${timeText(rest, digits)}`;
}

/** Timestamps of one day follow each other. */
let last = { days: 0, text: "1970-01-01" };

/** `P1M2DT3.004S`: months, days and milliseconds, none of which is a number of the others. */
export function intervalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [months, days, milliseconds] = [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
  const seconds = String(Math.floor(milliseconds / 1000));
  const fraction = milliseconds % 1000;
  const time = fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(3, "0")}`;
  return `P${months}M${days}DT${time}S`;
}

function daysOf(count: number, digits: number): [days: number, rest: number] {
  const perDay = SECONDS_OF_DAY * 10 ** digits;
  const days = Math.floor(count / perDay);
  return [days, count - days * perDay];
}

function daysOfBig(count: bigint, digits: number): [days: number, rest: number] {
  if (count <= BigInt(Number.MAX_SAFE_INTEGER) && count >= -BigInt(Number.MAX_SAFE_INTEGER))
    return daysOf(Number(count), digits);
  const perDay = BigInt(SECONDS_OF_DAY) * 10n ** BigInt(digits);
  const rest = ((count % perDay) + perDay) % perDay;
  return [Number((count - rest) / perDay), Number(rest)];
}

/** As ISO 8601 and `Date` write years of more than four digits. */
function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, "0");
  return `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
}

function two(count: number): string {
  return count < 10 ? `0${count}` : String(count);
}
