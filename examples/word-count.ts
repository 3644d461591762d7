// How often each word occurs, sorted by the words.
//
//   pmap examples/word-count.ts README.md
//
// The map is a generator: it emits as many words as a line has. The second argument of `key` is what was emitted.

export const options = { from: "text" };

export function* map(line: string): Generator<string> {
  yield* line.toLowerCase().match(/\p{L}+/gu) ?? [];
}

export const key = (_line: string, word: string) => word;

export const initial = 0;

export const reduce = (count: number, _word: string) => count + 1;

/** Counts are numbers and words are not, so `reduce` cannot put two counts together. */
export const merge = (a: number, b: number) => a + b;

export const finish = (count: number, word: string) => ({ word, count });
