/** Runs the hub's program in this process, with everything it touches of `process` written down. */

import { runHub } from '../src/launch.js'

export interface Ended {
  /** What it wrote to stdout and stderr. */
  readonly out: string[]
  readonly codes: number[]
  readonly signal: Record<string, () => void>
  /** The first exit code. */
  readonly exited: Promise<number>
}

/** Resolves when it has written its first line. */
export async function runProgram(argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const out: string[] = []
  const codes: number[] = []
  const signal: Record<string, () => void> = {}
  let wrote: () => void = () => {}
  const begun = new Promise<void>((resolve) => {
    wrote = resolve
  })
  const write = (text: string): void => {
    out.push(text)
    wrote()
  }
  const exited = new Promise<number>((resolve) => {
    void runHub({
      argv: ['node', 'main.js', ...argv],
      env,
      stdout: { write },
      stderr: { write },
      on: (name, listener) => {
        signal[name] = listener
      },
      exit: (code) => {
        codes.push(code)
        resolve(code)
      },
    })
  })
  await begun
  return { out, codes, signal, exited }
}
