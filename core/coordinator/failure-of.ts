/** What a promise has failed with, where something else comes first. */
export function failureOf(promise: Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}
