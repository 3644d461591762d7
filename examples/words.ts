// Statistics of a text: each line becomes a few numbers, `reduce` adds them up, `finish` makes the answer.
//
//   pmap examples/words.ts README.md
//   cat *.log | pmap examples/words.ts
//
// What the map returns and what the reduce returns have the same shape, so neither `initial` nor `merge` is needed.

interface Statistics {
  lines: number;
  words: number;
  letters: number;
  longest: string;
}

export const options = { from: "text" };

export default function map(line: string): Statistics {
  const words = line.match(/\p{L}+/gu) ?? [];
  let letters = 0;
  let longest = "";
  for (const word of words) {
    letters += word.length;
    if (word.length > longest.length) longest = word;
  }
  return { lines: 1, words: words.length, letters, longest };
}

export function reduce(left: Statistics, right: Statistics): Statistics {
  return {
    lines: left.lines + right.lines,
    words: left.words + right.words,
    letters: left.letters + right.letters,
    // Of two words of one length the first stays, whichever worker read them.
    longest: right.longest.length > left.longest.length ? right.longest : left.longest,
  };
}

export function finish({ lines, words, letters, longest }: Statistics) {
  return { lines, words, longest, lettersPerWord: words === 0 ? 0 : Math.round((letters / words) * 100) / 100 };
}
