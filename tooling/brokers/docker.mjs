/** Runs a kind of server in a container. */
import { userInfo } from 'node:os'

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
