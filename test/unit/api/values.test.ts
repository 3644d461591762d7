import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  parseChoice,
  parseCores,
  parseCount,
  parseDuration,
  parseMaxErrors,
  parseModule,
  parseRange,
  parseSize,
} from "../../../api/values.ts";
import { UsageError } from "../../../core/errors.ts";

/** Each text is refused with the flag, the text and what is wanted. */
function refuses(flag: string, texts: readonly string[], parse: (text: string) => unknown): void {
  for (const text of texts) {
    assert.throws(
      () => parse(text),
      (error) => error instanceof UsageError && error.message.startsWith(`Cannot use --${flag} "${text}": expected `),
      `"${text}" passes as --${flag}`,
    );
  }
}

test("sizes are bytes, binary, with or without the B", () => {
  const sizes: [text: string, bytes: number][] = [
    ["1", 1],
    ["512", 512],
    ["64K", 65_536],
    ["64k", 65_536],
    ["64KB", 65_536],
    ["64KiB", 65_536],
    ["10M", 10_485_760],
    ["1.5M", 1_572_864],
    ["2G", 2_147_483_648],
    ["1T", 1_099_511_627_776],
    [" 7 ", 7],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseSize("chunk", text), bytes, text);
  const wrong = ["", "0", "-1", "K", "1X", "1KK", "0.1", "1e3", "0x10", "1,5M", "NaN", "Infinity", "64 pounds"];
  refuses("chunk", wrong, (text) => parseSize("chunk", text));
});

test("durations need a unit and are milliseconds", () => {
  const durations: [text: string, ms: number][] = [
    ["500ms", 500],
    ["5s", 5000],
    ["0.5s", 500],
    ["2m", 120_000],
    ["1h", 3_600_000],
  ];
  for (const [text, ms] of durations) assert.equal(parseDuration("timeout", text), ms, text);
  refuses("timeout", ["", "5", "0s", "-1s", "5 min", "1d", "s", "1e3ms"], (text) => parseDuration("timeout", text));
});

test("counts are whole numbers from a least one on", () => {
  assert.equal(parseCount("limit", "0", 0), 0);
  assert.equal(parseCount("retries", "12", 1), 12);
  refuses("retries", ["", "0", "-1", "1.5", "1e3", "0x1", "9007199254740993", "one"], (text) =>
    parseCount("retries", text, 1),
  );
});

test("cores are counted, taken as a share, or told by how many more or fewer than are usable", () => {
  const cores: [text: string, usable: number, count: number][] = [
    ["4", 8, 4],
    ["64", 8, 64],
    ["50%", 8, 4],
    ["150%", 8, 12],
    ["1%", 8, 1],
    ["0%", 8, 1],
    ["-1", 8, 7],
    ["-8", 8, 1],
    ["-100", 8, 1],
    ["+1", 8, 9],
    ["+0", 8, 8],
  ];
  for (const [text, usable, count] of cores) assert.equal(parseCores(text, usable), count, text);
  for (const text of ["", "0", "all", "1.5", "+50%", "-50%", "%", "--1", "1 2"]) {
    assert.throws(() => parseCores(text, 8), UsageError, text);
  }
});

test("any cores that pass are at least one", () => {
  const text = fc
    .tuple(fc.constantFrom("", "+", "-"), fc.nat(300), fc.constantFrom("", "%"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 256 }), (text, usable) => {
      let cores: number;
      try {
        cores = parseCores(text, usable);
      } catch (error) {
        assert.equal(error instanceof UsageError, true);
        return;
      }
      assert.equal(Number.isInteger(cores) && cores >= 1, true, `${text} of ${usable} is ${cores}`);
    }),
  );
});

test("both ends of a range belong to it", () => {
  const ranges: [text: string, from: number, step: number, count: number][] = [
    ["1..10", 1, 1, 10],
    ["5..5", 5, 1, 1],
    ["10..1", 10, -1, 10],
    ["0..1..0.25", 0, 0.25, 5],
    ["0..1..0.1", 0, 0.1, 11],
    ["10..1..-3", 10, -3, 4],
    ["1..10..4", 1, 4, 3],
    ["-5..-1", -5, 1, 5],
    ["1..10..-1", 1, -1, 0],
    ["1e3..1e4", 1000, 1, 9001],
    ["0..9007199254740990", 0, 1, 9_007_199_254_740_991],
  ];
  for (const [text, from, step, count] of ranges) assert.deepEqual(parseRange(text), { from, step, count }, text);
  const wrong = ["", "5", "..", "1..", "..5", "1..2..0", "1..2..3..4", "a..b", "1..Infinity", "0..1..NaN", "1-5"];
  refuses("range", wrong, parseRange);
  refuses("range", ["0..1e300", "0..1..1e-300"], parseRange);
  const rounded = ["9007199254740993..9007199254740993", "0..9007199254740992", "-9007199254740992..0", "0..1..1e16"];
  for (const text of rounded)
    assert.throws(() => parseRange(text), /expected numbers below 2\^53, beyond which JavaScript rounds them/, text);
  assert.equal(parseRange("9007199254740991..9007199254740991").from, 9_007_199_254_740_991);
});

test("the last number of a range of whole numbers is its end or the step before it", () => {
  const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });
  const step = fc.integer({ min: -1000, max: 1000 }).filter((n) => n !== 0);
  fc.assert(
    fc.property(whole, whole, step, (from, to, step) => {
      const range = parseRange(`${from}..${to}..${step}`);
      const last = range.from + (range.count - 1) * range.step;
      if (range.count === 0) assert.equal(Math.sign(to - from), -Math.sign(step));
      else assert.equal(step > 0 ? last <= to && to < last + step : last >= to && to > last + step, true);
    }),
  );
});

test("errors are counted in records or in percent", () => {
  assert.deepEqual(parseMaxErrors("10"), { unit: "records", n: 10 });
  assert.deepEqual(parseMaxErrors("0"), { unit: "records", n: 0 });
  assert.deepEqual(parseMaxErrors("2.5%"), { unit: "percent", n: 2.5 });
  refuses("max-errors", ["", "-1", "%", "few", "1e3", "1.5", "1.%"], parseMaxErrors);
});

test("a choice that is none names the choices", () => {
  assert.equal(parseChoice("to", "text", ["jsonl", "text"]), "text");
  assert.throws(() => parseChoice("to", "yaml", ["jsonl", "text"]), {
    message: 'Cannot use --to "yaml": expected one of jsonl, text',
  });
  for (const name of ["", "toString", "JSONL"]) assert.throws(() => parseChoice("to", name, ["jsonl"]), UsageError);
});

test("a module's alias is its own name, or the one that is given", () => {
  const modules: [text: string, specifier: string, alias: string][] = [
    ["lodash", "lodash", "lodash"],
    ["node:fs", "node:fs", "fs"],
    ["node:fs/promises", "node:fs/promises", "promises"],
    ["@scope/my-lib", "@scope/my-lib", "my_lib"],
    ["./my-lib.ts", "./my-lib.ts", "my_lib"],
    ["../a/b.mjs", "../a/b.mjs", "b"],
    ["lodash=L", "lodash", "L"],
    ["https://host/x?a=1=x", "https://host/x?a=1", "x"],
  ];
  for (const [text, specifier, alias] of modules) assert.deepEqual(parseModule(text), { specifier, alias }, text);
  refuses("module", ["", "lodash=", "lodash=1a", "lodash=a-b", "=", "./1.ts"], parseModule);
});
