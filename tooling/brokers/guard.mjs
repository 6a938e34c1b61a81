/** Ends a server and removes its directory when the process that started it is gone, however that went. */
import { spawn } from 'node:child_process'

// The shell sees its input end when this process ends, even by SIGKILL; it then runs the last line it was given.
const script = 'last=; while read -r line; do last=$line; done; eval "$last"; [ -z "$1" ] || rm -rf -- "$1"'

/**
 * @param {string | undefined} dir removed at the end; undefined keeps it
 */
export function guard(dir) {
  const shell = spawn('sh', ['-c', script, 'guard', dir ?? ''], {
    // A group of its own: Ctrl-C must not reach the guard before its input ends.
    ...{ detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  })
  shell.unref()
  const input = /** @type {import('node:net').Socket} */ (shell.stdin)
  input.on('error', () => {})
  input.unref()
  return {
    /** What to run at the end, one line of shell; an empty one when there is nothing to end. @param {string} command */
    atEnd: (command) => void input.write(`${command}\n`),
    /** The guard does its work now. Resolves when it is done. @type {() => Promise<void>} */
    release: () =>
      new Promise((resolve) => {
        if (shell.exitCode !== null) return resolve()
        shell.ref()
        shell.once('exit', () => resolve())
        input.end()
      }),
  }
}
