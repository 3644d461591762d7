/** The time that the charts over time show: zoomed and moved together. */

type Listener = (fromMs: number, toMs: number) => void;

const STEP = 0.25;
/** No closer than this. */
const LEAST_MS = 0.5;

export class TimeRange {
  readonly endMs: number;
  #fromMs = 0;
  #toMs: number;
  readonly #listeners: Listener[] = [];

  constructor(endMs: number) {
    this.endMs = Math.max(1, endMs);
    this.#toMs = this.endMs;
  }

  get fromMs(): number {
    return this.#fromMs;
  }

  get toMs(): number {
    return this.#toMs;
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  set(fromMs: number, toMs: number): void {
    const length = Math.min(this.endMs, Math.max(LEAST_MS, toMs - fromMs));
    const from = Math.min(Math.max(0, fromMs), this.endMs - length);
    if (from === this.#fromMs && from + length === this.#toMs) return;
    this.#fromMs = from;
    this.#toMs = from + length;
    for (const listener of this.#listeners) listener(this.#fromMs, this.#toMs);
  }

  /** @param how the name of a button, or of a key */
  change(how: string): boolean {
    const length = this.#toMs - this.#fromMs;
    const step = STEP * length;
    if (how === "in" || how === "+" || how === "=") this.set(this.#fromMs + step, this.#toMs - step);
    else if (how === "out" || how === "-") this.set(this.#fromMs - length / 2, this.#toMs + length / 2);
    else if (how === "left" || how === "ArrowLeft") this.set(this.#fromMs - step, this.#toMs - step);
    else if (how === "right" || how === "ArrowRight") this.set(this.#fromMs + step, this.#toMs + step);
    else if (how === "all" || how === "0" || how === "Home") this.set(0, this.endMs);
    else return false;
    return true;
  }

  /** Keys on the chart, and the buttons beside it. */
  listenTo(place: HTMLElement): void {
    place.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.change(event.key)) event.preventDefault();
    });
    for (const button of place.closest("figure")?.querySelectorAll<HTMLElement>("[data-zoom]") ?? [])
      button.addEventListener("click", () => this.change(button.dataset.zoom ?? ""));
  }
}
