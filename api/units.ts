/** Numbers as people read them. */

export function countText(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** `512`, `12.5K`, `1.0M`: bytes, binary. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  const unit = bytes < 1024 ** 2 ? 1 : bytes < 1024 ** 3 ? 2 : 3;
  const n = bytes / 1024 ** unit;
  return `${Number.isInteger(n) ? n : n.toFixed(1)}${"KMG"[unit - 1]}`;
}

/** Below this a clock tells nothing. */
export const LEAST_MS = 1e-5;

/** `0.25 us`, `31 ms`, `1.4 s`: two digits or a little more. */
export function timeText(ms: number): string {
  if (ms < LEAST_MS) return "next to nothing";
  const [n, unit] = ms < 1 ? [ms * 1000, "us"] : ms < 1000 ? [ms, "ms"] : [ms / 1000, "s"];
  return `${n < 1 ? n.toFixed(2) : n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString("en-US")} ${unit}`;
}

export function percentText(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** `0:09`, `12:34`, `1:02:03`: hours, minutes and seconds. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `950`, `1.2k`, `34k`, `5.6M`: a number of things a second, decimal. */
export function rateText(n: number): string {
  const [scaled, unit] = n < 999.5 ? [n, ""] : n < 999_500 ? [n / 1e3, "k"] : [n / 1e6, "M"];
  return `${scaled < 9.95 && (unit !== "" || n % 1 !== 0) ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
}
