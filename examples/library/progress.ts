// Progress in a terminal: how far the job is, on a line of stderr that is written anew; without a terminal nothing is drawn.
//
// prints: 10000 of 10000 numbers, 100 %
// prints: 1229 are prime
import { type Progress, pmap } from "pmap-cli";

const line = ({ read, total = 0, unit }: Progress) =>
  `${read} of ${total} ${unit}, ${total === 0 ? 0 : Math.floor((100 * read) / total)} %`;
let last: Progress | undefined;

const isPrime = (n: number) => {
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return undefined;
  return n;
};

const primes = await pmap(
  isPrime,
  { range: [2, 10_001] },
  {
    cores: 2,
    onProgress(progress) {
      last = progress;
      if (process.stderr.isTTY) process.stderr.write(`\r${line(progress)}`);
    },
  },
).toArray();
if (process.stderr.isTTY) process.stderr.write("\n");
if (last !== undefined) console.log(line(last));
console.log(`${primes.length} are prime`);
