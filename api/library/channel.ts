/** What is sent is kept until it is taken, by one reader, in order. */

export interface Channel<Value> extends AsyncIterable<Value> {
  send(value: Value): void;
  end(): void;
}

export function createChannel<Value>(): Channel<Value> {
  const values: Value[] = [];
  let at = 0;
  let isOver = false;
  let wake = () => {};

  return {
    send(value) {
      values.push(value);
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (at < values.length) {
          const value = values[at] as Value;
          at++;
          yield value;
        }
        values.length = 0;
        at = 0;
        if (isOver) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
