/** Runs a kind of server in a container. */
import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Resolves when the image is on this machine. Fetching it takes longer than any server may take to start.
 * @param {string} image
 */
export async function fetchImage(image) {
  const isThere = await run('docker', ['image', 'inspect', image]).then(
    () => true,
    () => false,
  )
  if (isThere) return
  await run('docker', ['pull', '--quiet', image], { timeout: 600_000 }).catch((error) => {
    throw new Error(`docker could not pull ${image}: ${String(error.stderr || error.message).trim()}`)
  })
}

/**
 * Ends a container, also one that is about to be made: without its client nobody asks for it any more.
 * @param {string} name
 * @param {number} client process group of `docker run`
 */
export const endContainer = (name, client) => `kill -s KILL -- -${client}; docker rm --force ${name}`

/**
 * The `docker run` of a server, whose process ends with the container.
 * @param {import('./kinds/kind.js').Container} container
 * @param {{ name: string, dir: string, port: number }} run `dir` is mounted as `/data`; `port` is the same inside and outside
 * @returns {import('./kinds/kind.js').Launch}
 */
export function dockerRun({ image, args = [], env = {}, options = [] }, { name, dir, port }) {
  const { uid, gid } = userInfo()
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  return {
    command: 'docker',
    args: [
      ...['run', '--rm', '--init', '--name', name, '--publish', `127.0.0.1:${port}:${port}`],
      // As whoever started it, so that the folder can be removed afterwards.
      ...['--user', `${uid}:${gid}`, '--volume', `${dir}:/data`],
      ...[...variables, ...options, image, ...args],
    ],
  }
}
