import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../../api/errors.ts";
import { jobOptions, type LibraryOptions } from "../../../api/library/options.ts";
import type { JobOptions } from "../../../api/options.ts";
import { OPTIONS, type OptionName, SCRIPT_OPTIONS } from "../../../api/options-table.ts";
import { givenByScript, resolveSettings } from "../../../api/script-options.ts";
import { typedValue } from "../../../api/typed-values.ts";

const script = {
  name: "map.ts",
  url: undefined,
  code: { map: "_" },
  modules: [],
  loader: "native",
  folder: "/",
} as const;
const given = (options: Record<string, unknown>) => Object.fromEntries(givenByScript(options, "map.ts"));
const camel = (flag: string) => flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function settings(options: Record<string, unknown>) {
  const plan = { script, given: new Map(), cores: 1, mode: "process", outputPath: undefined, range: undefined };
  const facts = { options, keyed: false, reduces: false };
  return resolveSettings(plan as unknown as JobOptions, facts, []).settings;
}

function refuses(task: () => unknown, message: string): void {
  assert.throws(task, (error) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, message);
    return true;
  });
}

const switches = SCRIPT_OPTIONS.filter((name) => OPTIONS[name].alone === true);

test("a switch of a script is true, false or not there, and nothing else", () => {
  assert.deepEqual(switches, ["bigints", "no-header", "ragged", "trim", "unordered"]);
  for (const name of switches.map(camel)) {
    for (const off of [false, undefined, null]) assert.deepEqual(given({ [name]: off }), {});
    assert.equal(
      givenByScript({ [name]: true }, "map.ts").get(switches.find((flag) => camel(flag) === name) ?? ""),
      true,
    );
    for (const wrong of ["false", "true", "no", "", 0, 1, [], {}, [true]])
      refuses(
        () => given({ [name]: wrong }),
        `Cannot use the option "${name}" of "map.ts": expected true or false, not ${JSON.stringify(wrong)}`,
      );
  }
});

test("no other option of a script is a boolean, an object or an array that it cannot be", () => {
  for (const flag of SCRIPT_OPTIONS.filter((name) => !switches.includes(name))) {
    const name = camel(flag);
    for (const unset of [undefined, null]) assert.deepEqual(given({ [name]: unset }), {});
    for (const wrong of [true, false, {}, { a: 1 }, [1], [null], [["a"]]])
      assert.throws(
        () => given({ [name]: wrong }),
        (error: Error) =>
          error.message.startsWith(`Cannot use the option "${name}" of "map.ts": expected `) &&
          error.message.endsWith(`, not ${JSON.stringify(wrong)}`),
        `${name} ${JSON.stringify(wrong)}`,
      );
  }
  refuses(
    () => given({ types: ["auto"] }),
    'Cannot use the option "types" of "map.ts": expected one of text, auto, not ["auto"]',
  );
  refuses(
    () => given({ limit: true }),
    'Cannot use the option "limit" of "map.ts": expected a string or a number, not true',
  );
  refuses(
    () => given({ columns: 5 }),
    'Cannot use the option "columns" of "map.ts": expected a string or an array of strings, not 5',
  );
});

test("numbers of a script are numbers or their text, and what neither can be is told of the script", () => {
  assert.deepEqual(given({ limit: 4, retries: "4", maxRecord: "1M", rate: "5/s" }), {
    limit: "4",
    retries: "4",
    "max-record": "1M",
    rate: "5/s",
  });
  refuses(
    () => settings({ limit: "four" }),
    'Cannot use --limit "four": expected a whole number, 0 or more\nIt stands in the options of "map.ts"',
  );
  refuses(
    () => settings({ types: "automatic" }),
    'Cannot use --types "automatic": expected one of text, auto\nIt stands in the options of "map.ts"',
  );
});

test("the names of a list are what they are, whatever is in them", () => {
  const names = ["a,b", "c", 'say "x"', " d ", "e\nf", '"', ",", "g.h\\"];
  assert.deepEqual(settings({ columns: names }).table.columns, names);
  assert.deepEqual(settings({ columns: "a,c" }).table.columns, ["a", "c"]);
  const keys = ["data", "a.b", "c\\", ".", "\n"];
  assert.deepEqual(settings({ from: "json", recordsAt: keys }).recordsAt, keys);
  assert.deepEqual(settings({ schema: ["a,b:int64", "c:string?"] }).table.schema, ["a,b:int64", "c:string?"]);
});

test("every option says what an array of it is, or refuses one", () => {
  const lists = (Object.keys(OPTIONS) as OptionName[]).filter((name) => OPTIONS[name].list !== undefined);
  assert.deepEqual(lists, ["records-at", "columns", "schema"]);
  for (const name of Object.keys(OPTIONS) as OptionName[])
    if (!lists.includes(name)) assert.throws(() => typedValue(name, ["a", "b"], "it"), UsageError);
});

test("the library's options are of the types that they have", () => {
  const job = (options: Record<string, unknown>) =>
    jobOptions(options as LibraryOptions, {
      script,
      input: { inputs: [], range: undefined, isOfValues: false } as never,
      outputPath: undefined,
      own: "node",
    });
  const names = ["a,b", 'say "x"'];
  assert.equal(job({ columns: names }).given.get("columns"), '"a,b","say ""x"""');
  assert.equal(job({ schema: { "a,b": "int64", c: "string?" } }).given.get("schema"), '"a,b:int64",c:string?');
  assert.equal(job({ recordsAt: "data.items" }).given.get("records-at"), "data.items");
  assert.equal(job({ timeout: 500 }).given.get("timeout"), "500ms");
  assert.deepEqual([...job({ ordered: false, header: false, ragged: true, to: "csv" }).given.keys()].sort(), [
    "no-header",
    "ragged",
    "to",
    "unordered",
  ]);
  assert.deepEqual([...job({ ordered: true, header: true, ragged: false, to: "csv" }).given.keys()], ["to"]);
  for (const name of ["ordered", "header", "ragged", "trim", "bigints", "sandbox", "resume", "restart", "stats"])
    for (const wrong of ["false", "no", 0])
      refuses(
        () => job({ [name]: wrong }),
        `Cannot use the option "${name}": expected true or false, not ${JSON.stringify(wrong)}`,
      );
});
