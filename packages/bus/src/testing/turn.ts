/** One turn of the event loop: everything that promises alone can do is done when it resolves. */

/** Resolves after all pending microtasks and those they cause; no timer is involved. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    // The types of Node leave out this property, which Node has like every browser.
    const port: { onmessage?: () => void; close(): void } = port1
    port.onmessage = () => {
      port.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
