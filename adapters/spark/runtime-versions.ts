/** The runtimes of stages: functions whose last digit the standard leaves open differ between them, and between their versions. */
export class RuntimeVersions {
  /** That of this machine first, where it is known. */
  readonly #seen = new Set<string>();
  readonly #onNotice: (message: string) => void;

  constructor(own: string | undefined, onNotice: (message: string) => void) {
    if (own !== undefined) this.#seen.add(own);
    this.#onNotice = onNotice;
  }

  /** Tells of another one, once. */
  compare(runtime: string | undefined): void {
    if (runtime === undefined || this.#seen.has(runtime)) return;
    const [known] = this.#seen;
    this.#seen.add(runtime);
    if (known === undefined) return;
    this.#onNotice(
      `${runtime} runs on a machine of the cluster, and ${known} elsewhere: Math.sin and its like may differ in the last digit\n` +
        "Install the same version on every machine, or send this one along: --ship-runtime",
    );
  }
}
