/** Whether a driver is ready, or has gone: promises that are awaited where they are needed, which may be nowhere. */
export class Opening {
  opened: () => void = () => {};
  fail: (error: Error) => void = () => {};
  /** Never resolves. */
  readonly failed: Promise<never>;
  /** Rejects, too, when it has gone before. */
  readonly ready: Promise<void>;

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    const opened = new Promise<void>((resolve) => {
      this.opened = resolve;
    });
    this.ready = Promise.race([opened, this.failed]);
    this.failed.catch(() => {});
    this.ready.catch(() => {});
  }
}
