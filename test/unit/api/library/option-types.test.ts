import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../../../api/errors.ts";
import { checkOption, checkOptions, givenOptions, OPTION_TYPES } from "../../../../api/library/option-types.ts";

// Every option of the library with a value of every kind: it takes those of its type, and refuses the others in a sentence.

const VALUES = {
  yes: true,
  no: false,
  number: 5,
  notANumber: Number.NaN,
  bigint: 5n,
  text: "x",
  empty: "",
  texts: ["a", "b"],
  none: [],
  numbers: [5],
  nested: [["a"]],
  object: {},
  textsByName: { a: "b" },
  numbersByName: { a: 5 },
  deep: { a: {} },
  function: () => 1,
  symbol: Symbol("x"),
  date: new Date(0),
  url: new URL("file:///x"),
  map: new Map(),
  controller: new AbortController(),
  signal: new AbortController().signal,
};
type Kind = keyof typeof VALUES;

const text: readonly Kind[] = ["text", "empty"];
const number: readonly Kind[] = [...text, "number", "notANumber", "bigint"];
const texts: readonly Kind[] = ["texts", "none"];
const code: readonly Kind[] = ["function"];

/** The options that are no texts, and what they take. */
const TAKE: Readonly<Record<string, readonly Kind[]>> = {
  ...all("ordered bigints shipRuntime sandbox header ragged trim stats resume restart handleSignals", ["yes", "no"]),
  ...all("limit maxRecord cores concurrency totalConcurrency maxMemory maxLoad minFree recycle nice maxErrors", number),
  ...all("retries retryThrows timeout chunk seed skip", number),
  ...all("ship args", texts),
  ...all("columns recordsAt", [...text, ...texts]),
  ...all("filter setup teardown map key reduce merge finish onStderr onWarning onProgress", code),
  conf: ["object", "textsByName", "numbersByName"],
  schema: [...text, ...texts, "object", "textsByName"],
  initial: Object.keys(VALUES) as Kind[],
  signal: ["signal"],
};

function all(names: string, kinds: readonly Kind[]): Record<string, readonly Kind[]> {
  return Object.fromEntries(names.split(" ").map((name) => [name, kinds]));
}

for (const [name, { takes }] of Object.entries(OPTION_TYPES)) {
  test(`${name} takes ${takes}, and nothing else`, () => {
    for (const unset of [undefined, null]) checkOption(name, unset);
    for (const [kind, value] of Object.entries(VALUES)) {
      if ((TAKE[name] ?? text).includes(kind as Kind)) checkOption(name, value);
      else
        assert.throws(
          () => checkOption(name, value),
          (error) =>
            error instanceof UsageError &&
            error.message.startsWith(`Cannot use the option "${name}": expected ${takes}, not `) &&
            !error.message.endsWith(" undefined"),
          `${name}: ${kind}`,
        );
    }
  });
}

test("every option of the table is one that there is", () => {
  assert.deepEqual(
    Object.keys(TAKE).filter((name) => !(name in OPTION_TYPES)),
    [],
  );
});

test("a message shows what was given as a program would write it", () => {
  const said = (value: unknown) => {
    try {
      checkOption("sandbox", value);
    } catch (error) {
      return (error as Error).message.replace(/.*, not /, "");
    }
    return undefined;
  };
  const circular: { self?: unknown } = {};
  circular.self = circular;
  assert.deepEqual(
    [5, Number.NaN, 5n, "x", ["a"], {}, () => 1, Symbol("x"), new Date(0), new AbortController(), circular].map(said),
    [
      "5",
      "NaN",
      "5n",
      '"x"',
      '["a"]',
      "{}",
      "a function",
      "a symbol",
      "an instance of Date",
      "an instance of AbortController",
      "an object",
    ],
  );
});

test("options are an object that is of no class", () => {
  for (const options of [4, "x", true, () => {}, [], new Map(), Symbol("x"), 5n])
    assert.throws(
      () => givenOptions(options as object, "the options"),
      /^UsageError: Cannot use the options: expected an/,
    );
  const bare = Object.assign(Object.create(null), { cores: 2 });
  assert.deepEqual(givenOptions(bare, "the options"), { cores: 2 });
});

test("null is an option that is not given, but for initial", () => {
  const given = givenOptions(
    { cores: null, onStderr: null, initial: null, limit: 0, header: false, args: undefined },
    "the options",
  );
  assert.deepEqual(given, { initial: null, limit: 0, header: false, args: undefined });
  assert.deepEqual([givenOptions(null, "the options"), givenOptions(undefined, "the options")], [{}, {}]);
  // A wrong name stays one.
  assert.throws(() => checkOptions(givenOptions({ core: null }, "the options")), {
    message: 'Cannot use the option "core": there is none of that name',
  });
});

test("names of objects in general are no options", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"])
    assert.throws(() => checkOptions(JSON.parse(`{ "${name}": 1 }`)), {
      message: `Cannot use the option "${name}": there is none of that name`,
    });
});
