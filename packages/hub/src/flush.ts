/** Sends what all connections of a hub have to say once per turn of the event loop, so that writes are coalesced. */

/** Runs each task that was added during a turn once, at its end. */
export type Flush = (task: () => void) => void

export function createFlush(): Flush {
  let tasks: (() => void)[] = []
  const run = (): void => {
    const due = tasks
    tasks = []
    for (const task of due) task()
  }
  return (task) => {
    // After the reads of this turn of the loop: answers to all of them leave together.
    if (tasks.push(task) === 1) setImmediate(run)
  }
}
