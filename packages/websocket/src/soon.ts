/** Runs functions in the browser's next task: after all promises of this one, and without the 4 ms that timers wait. */

/** The types of Node and of the DOM name this class differently. */
interface Channel {
  readonly port1: { onmessage: (() => void) | null }
  readonly port2: { postMessage(nothing: null): void }
}

export function soon(): (fn: () => void) => void {
  const { MessageChannel: Native } = globalThis as unknown as { readonly MessageChannel: new () => Channel }
  const { port1, port2 } = new Native()
  const due: (() => void)[] = []
  port1.onmessage = () => due.shift()?.()
  return (fn) => {
    due.push(fn)
    port2.postMessage(null)
  }
}
