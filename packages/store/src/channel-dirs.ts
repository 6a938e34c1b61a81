/** One directory per channel, with its declaration; the name is safe on any file system and readable for people. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { BusError, type Channel } from 'busbar/transport'
import { readChecked, writeChecked } from './checked-json.js'
import type { Disk } from './disk.js'
import { segmentNumbers, syncDir } from './segment-files.js'

const declaration = 'channel.json'
const readableCharacters = 40

/** The same for the same name only, whatever letters a file system tells apart. */
export function channelDirName(channelName: string): string {
  const readable = channelName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, readableCharacters)
  return `${readable}-${createHash('sha256').update(channelName).digest('hex').slice(0, 16)}`
}

export class ChannelDirs {
  constructor(
    private readonly disk: Disk,
    private readonly dir: string,
  ) {}

  path(channelName: string): string {
    return join(this.dir, channelDirName(channelName))
  }

  /** The channels that were declared. STORE_CORRUPT when a declaration is damaged, or missing beside records. */
  declared(): readonly Channel[] {
    return this.disk.list(this.dir).flatMap((name) => {
      const dir = join(this.dir, name)
      if (this.disk.facts(dir)?.kind !== 'directory') return []
      const found = readChecked(this.disk, dir, declaration)
      if (found.state === 'intact' && isChannel(found.data) && channelDirName(found.data.name) === name)
        return [found.data]
      // A crash came before the declaration was there, and nothing was kept yet.
      if (found.state === 'missing' && segmentNumbers(this.disk, dir).length === 0) return []
      throw new BusError(
        'STORE_CORRUPT',
        `${join(dir, declaration)} at byte 0: the declaration is ${found.state}.`,
        {
          details: { file: join(dir, declaration), position: 0 },
        },
      )
    })
  }

  /** Makes the directory of a channel unless it is there. */
  make(channelName: string): void {
    const dir = this.path(channelName)
    if (this.disk.facts(dir) === undefined) this.disk.makeDir(dir)
    syncDir(this.disk, this.dir)
  }

  declare(channel: Channel): void {
    writeChecked(this.disk, this.path(channel.name), declaration, channel)
  }
}

/** The checksum says that it is what was written; only the name is used here. */
function isChannel(data: unknown): data is Channel {
  return typeof data === 'object' && data !== null && 'name' in data && typeof data.name === 'string'
}
