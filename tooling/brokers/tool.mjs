/** Runs a server's own command-line tools. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/**
 * Resolves with what the program printed. Rejects with its complaint when it ends with another code than 0.
 * @param {import('./kinds/kind.js').Launch} launch
 * @param {string} cwd
 * @param {string} input
 */
export async function runTool({ command, args, env }, cwd, input) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, timeout: 60_000 })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise((/** @type {(code: number | string) => void} */ resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  const [code, output, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  if (code === 0) return output
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${complaint}${output}`)
}
