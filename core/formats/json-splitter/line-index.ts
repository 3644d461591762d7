/** In which line of an input records begin, for those that may still be asked for. */

export interface LineIndex {
  /** A record may begin at this offset or behind it. */
  begin(offset: number): void;
  /** It begins in this line. */
  add(line: number): void;
  /** The line of the record at an offset. What is before it is forgotten: offsets only grow. */
  lineAt(offset: number): number;
}

export function createLineIndex(): LineIndex {
  /** Only of records in another line than the one before. */
  let offsets: number[] = [];
  let lines: number[] = [];
  let forgotten = 0;
  let current = 0;
  let last = 0;
  return {
    begin(offset) {
      current = offset;
    },
    add(line) {
      if (line === last) return;
      last = line;
      offsets.push(current);
      lines.push(line);
    },
    lineAt(offset) {
      while (forgotten + 1 < offsets.length && (offsets[forgotten + 1] as number) <= offset) forgotten++;
      const line = lines[forgotten] ?? 1;
      if (forgotten > MANY && forgotten * 2 > offsets.length) {
        offsets = offsets.slice(forgotten);
        lines = lines.slice(forgotten);
        forgotten = 0;
      }
      return line;
    },
  };
}

/** From this number of entries on, a copy of what is left is worth it. */
const MANY = 4096;
