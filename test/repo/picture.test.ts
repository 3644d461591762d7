import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FLAGS } from "../../cli/flags/table.ts";
import { terminalSvg } from "../support/terminal-svg.ts";

// The picture at the top of the README: `npm run docs:picture` makes it from a real run.

const root = fileURLToPath(new URL("../..", import.meta.url));
const picture = readFileSync(join(root, "docs/terminal.svg"), "utf8");

test("the picture is small, complete in itself, and in the reader's light or dark", () => {
  assert.ok(Buffer.byteLength(picture) < 30 * 1024);
  assert.match(picture, /<title>[^<]{40,}<\/title>/);
  assert.match(picture, /prefers-color-scheme: dark/);
  assert.doesNotMatch(picture.replace("http://www.w3.org/2000/svg", ""), /https?:|<script|href=/);
  assert.match(readFileSync(join(root, "README.md"), "utf8"), /!\[[^\]]{40,}\]\(docs\/terminal\.svg\)/);
});

test("the commands in the picture have flags that pmap has, and nothing of the machine's folders is seen", () => {
  const names = new Set<string>(
    FLAGS.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]),
  );
  const prompts = [...picture.matchAll(/class="prompt">\$ pmap ([^<]*)</g)].map(([, words = ""]) => words);
  assert.equal(prompts.length, 3);
  for (const words of prompts)
    for (const [flag] of words.matchAll(/(?<=^| )--?[a-z-]+/g)) assert.ok(names.has(flag), flag);
  assert.doesNotMatch(picture, /\/tmp|pmap-picture|node_modules/);
});

test("text in a picture is text, whatever it is", () => {
  const svg = terminalSvg([{ text: "[==>  ] <b>&", style: "error" }, { text: "" }], 40, "a <title>");
  assert.match(svg, /<title>a &lt;title&gt;<\/title>/);
  assert.match(svg, /class="error">\[<tspan class="bar">==&gt;<\/tspan> {2}\] &lt;b&gt;&amp;<\/text>/);
});
