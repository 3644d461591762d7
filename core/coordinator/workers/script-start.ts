/**
 * Bringing workers to where they take requests: the script is loaded, which tells what it is, and its setup is run. What is known
 * is not waited for: settings and requests are sent ahead.
 */
import type { WorkerSettings } from "../../protocol/worker-settings.ts";
import type { ScriptFacts, ScriptSource } from "../../script/types.ts";
import { brokenError } from "./worker-errors.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export type WorkerPoolSettings = Omit<WorkerSettings, "worker">;

export interface ScriptStartOptions {
  readonly script: ScriptSource;
  /** What the script is, where that is known before a worker has loaded it. */
  readonly facts: ScriptFacts | undefined;
  /** The worker can take requests. */
  readonly onReady: (handle: WorkerHandle) => void;
  /** Its setup has been run. */
  readonly onStarted: () => void;
  /** The script cannot be used. */
  readonly onBroken: (error: Error) => void;
  /** Whether all workers are leaving. */
  readonly isClosing: () => boolean;
}

export class ScriptStart {
  readonly #options: ScriptStartOptions;
  #script: ScriptSource;
  #facts: ScriptFacts | undefined;
  #settings: WorkerPoolSettings | undefined;
  /** Workers that have their settings and run the script's setup, to which a teardown belongs. */
  readonly #settingUp = new Set<WorkerHandle>();
  #resolveFacts: (facts: ScriptFacts) => void = () => {};
  /** What the script is, from the first worker that has loaded it. Never rejects. */
  readonly facts = new Promise<ScriptFacts>((resolve) => {
    this.#resolveFacts = resolve;
  });

  constructor(options: ScriptStartOptions) {
    this.#options = options;
    this.#script = options.script;
    this.#facts = options.facts;
  }

  get settings(): WorkerPoolSettings | undefined {
    return this.#settings;
  }

  /** Whether a worker that has started owes a teardown. */
  get tearsDown(): boolean {
    return this.#facts?.tearsDown === true;
  }

  isSettingUp(handle: WorkerHandle): boolean {
    return this.#settingUp.has(handle);
  }

  forget(handle: WorkerHandle): void {
    this.#settingUp.delete(handle);
  }

  /**
   * Workers that have loaded the script may start: the settings are known.
   * @param coming those that are on their way
   * @param isFirst whether no worker takes requests yet
   */
  begin(settings: WorkerPoolSettings, coming: ReadonlySet<WorkerHandle>, isFirst: () => boolean): void {
    this.#settings = settings;
    for (const handle of coming) this.#startIfKnown(handle);
    // No other worker could take the first requests sooner: they are sent ahead, too.
    const [first] = coming;
    if (first !== undefined && isFirst() && this.#options.facts?.setsUp === false) this.#options.onReady(first);
  }

  async load(handle: WorkerHandle): Promise<void> {
    const script = this.#script;
    const loading = handle.loadScript(script);
    // If the script's facts are known, `start` does not wait for `loaded`.
    this.#startIfKnown(handle);
    const outcome = await loading;
    if (outcome.tag === "died") return; // the pool has counted it
    if (outcome.tag === "loaded") {
      this.#facts ??= outcome.facts;
      this.#resolveFacts(this.#facts);
      this.#startIfKnown(handle);
      this.#readyIfLoaded(handle);
      return;
    }
    // What has been sent ahead goes unheard.
    this.#settingUp.delete(handle);
    if (outcome.broken.wantsTsx && script.loader === "native") {
      // Decided once, for all workers; those that have tried in vain try again, without a new process.
      this.#script = { ...this.#script, loader: "tsx" };
      await this.load(handle);
      return;
    }
    this.#options.onBroken(brokenError(outcome.broken));
  }

  #startIfKnown(handle: WorkerHandle): void {
    if (this.#settings === undefined || this.#facts === undefined || this.#settingUp.has(handle)) return;
    void this.#start(handle, this.#settings);
    this.#readyIfLoaded(handle);
  }

  async #start(handle: WorkerHandle, settings: WorkerPoolSettings): Promise<void> {
    const { isClosing, onStarted, onReady, onBroken } = this.#options;
    this.#settingUp.add(handle);
    const outcome = await handle.start({ ...settings, worker: handle.worker });
    this.#settingUp.delete(handle);
    if (isClosing()) return;
    if (outcome === undefined) {
      onStarted();
      onReady(handle);
    } else if ("phase" in outcome) onBroken(brokenError(outcome));
  }

  /** If the script has no setup, requests are sent right after `start`, without waiting for `started`. */
  #readyIfLoaded(handle: WorkerHandle): void {
    if (handle.loaded && this.#settingUp.has(handle) && this.#facts?.setsUp === false) this.#options.onReady(handle);
  }
}
