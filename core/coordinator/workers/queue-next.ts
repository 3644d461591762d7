/** Order among microtasks: a caller that has been given something uses it first. */

/** After the microtasks that are already queued, so that the caller that got a worker has used it. */
export function queueNext(task: () => void): void {
  void Promise.resolve()
    .then(() => {})
    .then(() => {})
    .then(task);
}
