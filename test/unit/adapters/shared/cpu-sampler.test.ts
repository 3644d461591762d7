import assert from "node:assert/strict";
import { test } from "node:test";
import { callsOf } from "../../../../adapters/shared/cpu-sampler.ts";

const frame = (functionName: string, lineNumber: number, url = "file:///s.ts?tsx", scriptId = "7") => ({
  functionName,
  scriptId,
  url,
  lineNumber,
  columnNumber: 4,
});

test("a sample lasts until the next one, but not over a time in which nothing was sampled", () => {
  const nodes = [
    { id: 1, callFrame: frame("(root)", -1, "", "0"), children: [5] },
    {
      id: 5,
      callFrame: frame("map", 11),
      children: [],
      positionTicks: [
        { line: 13, ticks: 1 },
        { line: 13, ticks: 1 },
      ],
    },
  ];
  const [root, map] = callsOf({ nodes, samples: [5, 1, 5], timeDeltas: [0, 900, 5_000_000] });
  assert.deepEqual([root?.parent, root?.micros, root?.ticks, root?.place.line], [-1, 10_000, 1, 0]);
  assert.deepEqual([map?.parent, map?.micros, map?.ticks, map?.lines], [0, 1900, 2, [[13, 2]]]);
  // Another URL for a module that is loaded again is the same file.
  assert.deepEqual(map?.place, { name: "map", url: "file:///s.ts", line: 12, column: 5 });
});

test("places and lines are those of the source where there is a mapping; what is on no line of it has none", () => {
  const nodes = [
    {
      id: 1,
      callFrame: frame("map", 0),
      positionTicks: [
        { line: 1, ticks: 2 },
        { line: 2, ticks: 3 },
      ],
    },
  ];
  const mapping = {
    place: (line: number, column: number) => ({ line: line + 100, column, url: undefined }),
    line: (line: number) => (line === 1 ? 101 : undefined),
  };
  const [map] = callsOf({ nodes, samples: [1], timeDeltas: [0] }, () => mapping);
  assert.deepEqual(map?.place, { name: "map", url: "file:///s.ts", line: 100, column: 4 });
  assert.deepEqual(map?.lines, [[101, 2]]);
});

test("a function without a name for its code is that of the command line only on the lines that this has", () => {
  const nodes = (lineNumber: number, scriptId = "9") => [{ id: 1, callFrame: frame("", lineNumber, "", scriptId) }];
  const urlOf = (...given: Parameters<typeof nodes>) => callsOf({ nodes: nodes(...given) }, undefined, 2)[0]?.place.url;
  assert.deepEqual(
    [2, 3, 4, 5].map((line) => urlOf(line)),
    ["", "(code)", "(code)", ""],
  );
  assert.equal(urlOf(3, "0"), "");
  assert.equal(callsOf({ nodes: nodes(3) })[0]?.place.url, "");
});
