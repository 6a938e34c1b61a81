/** Looks for programs on this machine. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where other versions of the servers are, which are taken first: `BUSBAR_BROKERS_BIN`, folders as in PATH. */
export const preferred = () => (process.env.BUSBAR_BROKERS_BIN ?? '').split(delimiter).filter(Boolean)

// Debian keeps servers where only root's PATH leads.
const places = () => [
  ...preferred(),
  ...(process.env.PATH ?? '').split(delimiter),
  ...['/usr/local/sbin', '/usr/sbin', '/sbin'],
]

/**
 * The full path of a program, or undefined.
 * @param {string} name
 */
export const findProgram = (name) =>
  places()
    .map((place) => join(place, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/** Whether a Docker engine answers. */
export const dockerAnswers = () =>
  findProgram('docker') !== undefined &&
  spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 }).status === 0
