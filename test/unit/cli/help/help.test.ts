import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAGS } from "../../../../cli/flags/table.ts";
import { COMMAND_DOCS } from "../../../../cli/help/command-docs.ts";
import { FLAG_DOCS } from "../../../../cli/help/flag-docs.ts";
import { defaultText, label } from "../../../../cli/help/flag-text.ts";
import { fullHelp, help, shortHelp } from "../../../../cli/help/help.ts";
import { TOPICS } from "../../../../cli/help/topics.ts";
import { UsageError } from "../../../../core/errors.ts";

const text = (asked: string) => help(asked, "1.2.3");

test("the first help fits a screen of 24 lines and 80 columns", () => {
  const lines = shortHelp("1.2.3").split("\n");
  // The prompt below it has a line, too.
  assert.ok(lines.length < 24, `${lines.length} lines`);
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  assert.equal(text(""), shortHelp("1.2.3"));
});

test("the whole help has every flag with its line, by groups", () => {
  const whole = fullHelp("1.2.3");
  for (const flag of FLAGS) {
    assert.ok(whole.includes(`  ${label(flag)} `), flag.name);
    assert.ok(whole.includes(flag.help), flag.name);
  }
  assert.equal(text("flags"), whole);
  assert.equal(text("all"), whole);
});

test("the help on a flag has its whole text, by any of its names", () => {
  for (const { name, short, aliases = [] } of FLAGS) {
    const { doc, example } = FLAG_DOCS[name as keyof typeof FLAG_DOCS];
    const about = text(`--${name}`);
    assert.ok(about.replaceAll("\n", " ").includes(doc), name);
    assert.ok(about.includes(example), name);
    assert.ok(example.includes(`--${name}`) || example.includes(`-${short} `), `the example of --${name} shows it`);
    if (short !== undefined) assert.equal(text(`-${short}`), about);
    for (const alias of aliases) assert.equal(text(`-${alias.length > 1 ? "-" : ""}${alias}`), about, alias);
  }
});

test("a default that is a value stands in the line of its flag", () => {
  const usual = FLAGS.filter((flag) => defaultText(flag) !== undefined && !["from", "to", "skip"].includes(flag.name));
  for (const flag of usual) {
    const words = `default: ${defaultText(flag)}`;
    assert.ok(flag.help.includes(words) || text(`--${flag.name}`).includes(`Default: ${defaultText(flag)}`), words);
  }
  assert.match(text("--max-record"), /Default: 64M\./);
  assert.match(text("--on-error"), /Values: fail, skip\./);
  assert.match(text("--no-header"), /options = \{ noHeader: \.\.\. \}/);
});

test("topics and commands have their help, also by other words", () => {
  for (const [name, topic] of Object.entries(TOPICS)) {
    assert.ok(text(name).includes(topic.text), name);
    assert.ok(text(name).split("\n").length < 40, name);
    for (const line of text(name).split("\n")) assert.ok(line.length <= 100, line);
    for (const other of topic.also ?? []) assert.ok(text(other).includes(topic.text), other);
    assert.ok(text("topics").includes(`  ${name} `), name);
  }
  for (const [name, { usage }] of Object.entries(COMMAND_DOCS)) {
    assert.ok(text(name).includes(usage), name);
    assert.ok(text("commands").includes(usage), name);
  }
});

test("a word that topics and flags share is the topic, and names the flag", () => {
  assert.match(text("errors"), /^errors: records that fail.*pmap help --errors is about the flag\.$/s);
  assert.match(text("--errors"), /^--errors FILE\n/);
});

test("a topic that is not there suggests the nearest", () => {
  const refused = (asked: string, hint: RegExp) =>
    assert.throws(
      () => text(asked),
      (error) => error instanceof UsageError && hint.test(error.message),
    );
  refused("scirpt", /^There is no help on "scirpt"\nDid you mean pmap help script\?$/);
  refused("--coers", /\nDid you mean pmap help --cores\?$/);
  for (const word of ["zzzzzzzzz", "constructor", "__proto__", "toString"]) refused(word, /\nThe topics are script, /);
});
