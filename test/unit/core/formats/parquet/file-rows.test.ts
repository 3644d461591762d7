import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, fileRows, madeRows, recordsFrom } from "../../../../support/parquet.ts";

const all = (name: string, only?: readonly string[]) => recordsFrom(fileRows(bytesOf(name), only), 0);

test("every type of Parquet becomes a value that JSON can carry, with nothing lost", () => {
  const [first, second, third] = all("types") as Record<string, unknown>[];
  assert.deepEqual(
    { ...first },
    {
      int8: -128,
      uint8: 0,
      int32: -2147483648,
      uint32: 0,
      int64: Number.MAX_SAFE_INTEGER,
      uint64: Number.MAX_SAFE_INTEGER,
      float16: 1.5,
      float: 0.5,
      double: 0.1,
      bool: true,
      text: "\ufeffhéllo 🌍",
      bytes: "/wD+",
      fixed: "YWJj",
      decimal: -123456789012.345,
      decimal38: "-12345678901234567890.12",
      decimal9: -1234567.89,
      date: "2024-02-29",
      time_ms: "01:02:03.004",
      time_us: "01:02:03.000004",
      time_ns: "01:02:03.000000004",
      local_ms: "2024-01-02T03:04:05.123",
      local_us: "2024-01-02T03:04:05.123456",
      local_ns: "2024-01-02T03:04:05.123456789",
      utc_ms: "2024-01-02T03:04:05.123Z",
      utc_us: "2024-01-02T03:04:05.123456Z",
      utc_ns: "2024-01-02T03:04:05.123456789Z",
      uuid: "00010203-0405-0607-0809-0a0b0c0d0e0f",
      json: '{"id": 9007199254740993}',
      nothing: null,
      ["__proto__"]: 1,
      10: 1,
    },
  );
  const { int64, uint64, decimal, decimal38, local_ns: before } = second as Record<string, unknown>;
  assert.deepEqual(
    [int64, uint64, decimal, decimal38, before],
    ["-9223372036854775808", "18446744073709551615", 0.1, "0.05", "1969-12-31T23:59:59.999999999"],
  );
  assert.deepEqual(new Set(Object.values(third as object)), new Set([null]));
});

test("a value is the same in a dictionary, plain, and in the second version of pages", () => {
  assert.deepEqual(all("types-plain"), all("types"));
});

test("timestamps of 96 bits keep their nanoseconds", () => {
  const expected = ["2024-01-02T03:04:05.123456789", "1969-12-31T23:59:59.999999999", null];
  assert.deepEqual(
    all("int96"),
    expected.map((local_ns) => ({ local_ns })),
  );
});

test("lists, structs and maps are arrays and objects, and a map without text keys is a list of pairs", () => {
  assert.deepEqual(all("nested"), [
    {
      list: [1, null, 3],
      lists: [[1], [], null],
      struct: { id: 1, tags: ["a", null] },
      structs: [{ id: 1, tags: ["a"] }, null],
      map: { a: 1, ["__proto__"]: null },
      pairs: [[1, "one"]],
      maps: [{ a: [1] }],
    },
    { list: [], lists: [], struct: { id: null, tags: null }, structs: [], map: {}, pairs: [], maps: [{}] },
    { list: null, lists: null, struct: null, structs: null, map: null, pairs: null, maps: null },
    {
      list: ["1152921504606846976"],
      lists: [[2, 3]],
      struct: { id: 4, tags: [] },
      structs: [{ id: 2, tags: null }],
      map: { b: 2 },
      pairs: [[2, null]],
      maps: [null],
    },
  ]);
});

test("every codec and every encoding gives the same rows", () => {
  for (const name of [
    "codec-none",
    "codec-snappy",
    "codec-gzip",
    "codec-zstd",
    "codec-brotli",
    "codec-lz4",
    "encodings",
  ])
    assert.deepEqual(all(name), madeRows(60), name);
});

test("a file without rows has none", () => {
  assert.deepEqual(all("empty"), []);
});

test("rows are the same from wherever they are read, through pages and row groups", () => {
  for (const name of ["pages-v1", "pages-v2"]) {
    const expected = madeRows(400);
    for (let start = 0; start < 400; start += 7)
      assert.deepEqual(recordsFrom(fileRows(bytesOf(name)), start), expected.slice(start), `${name} from ${start}`);
  }
});

test("one reader goes back and forth, and keeps what it has decoded", () => {
  const { rows } = fileRows(bytesOf("pages-v1"));
  const expected = madeRows(400);
  for (const start of [0, 3, 3, 399, 10, 149, 150, 151, 320, 12, 13]) {
    const { window, build } = rows.at(start, 2);
    assert.ok(window.rows === 1 || window.rows === 2);
    assert.deepEqual(build(window.columns, 0), expected[start]);
  }
});

test("only the fields that are wanted are made, in the order in which they are named", () => {
  const [first] = all("pages-v1", ["score", "id"]) as object[];
  assert.deepEqual(Object.keys(first as object), ["score", "id"]);
  const records = recordsFrom(fileRows(bytesOf("pages-v1")), 0, new Set(["point", "absent"]));
  assert.deepEqual(
    records,
    madeRows(400).map(({ point }) => ({ point })),
  );
});

test("a column that is not there is named, with those that are", () => {
  assert.throws(() => fileRows(bytesOf("nulls"), ["nope"]), /it has no column "nope", but int32, text/);
  assert.throws(() => fileRows(bytesOf("nulls"), ['a\n"\x1b']), /it has no column "a\\n\\"\\u001b", but int32, text/);
});

test("whatever byte of a file is damaged, it is read, or a SyntaxError says what is wrong", () => {
  for (const name of ["nested", "codec-snappy", "codec-gzip", "pages-v2"]) {
    const whole = bytesOf(name);
    for (let at = 4; at < whole.length; at += 7) {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      try {
        recordsFrom(fileRows(bytes), 0);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, `${name}, byte ${at}: ${(error as Error).stack}`);
      }
    }
  }
});

test("a file that is cut off anywhere is refused", () => {
  const whole = bytesOf("codec-zstd");
  for (let length = 0; length < whole.length; length++)
    assert.throws(() => fileRows(whole.slice(0, length)), SyntaxError, `${length} bytes`);
});
