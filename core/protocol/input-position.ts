/** A place in the input: a byte (or number) of one of its sources. */
export interface InputPosition {
  readonly source: number;
  readonly start: number;
}

export function comesBefore(a: InputPosition, b: InputPosition): boolean {
  return a.source < b.source || (a.source === b.source && a.start < b.start);
}

/** Puts an item in front of the first that it comes before. */
export function addInOrder<T>(items: T[], item: T, positionOf: (item: T) => InputPosition): void {
  const position = positionOf(item);
  // Most come last.
  let at = items.length;
  while (at > 0 && comesBefore(position, positionOf(items[at - 1] as T))) at--;
  items.splice(at, 0, item);
}
