/** Small files of JSON that are replaced as a whole, with a checksum over every byte of what they say. */

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Disk } from './disk.js'
import { syncDir } from './segment-files.js'

const form = /^\{"crc32":"([0-9a-f]{8})","data":(.*)\}\n$/s

/** What stands in a file; `foreign` has another form, `damaged` the right form and another checksum. */
export type CheckedJson =
  | { readonly state: 'missing' }
  | { readonly state: 'foreign' }
  | { readonly state: 'damaged' }
  | { readonly state: 'intact'; readonly data: unknown }

export function encodeChecked(data: unknown): string {
  const json = JSON.stringify(data).replace(/[\u0080-\uffff]/g, escaped)
  return `{"crc32":"${checksum(json)}","data":${json}}\n`
}

function decodeChecked(text: string): CheckedJson {
  const match = form.exec(text)
  if (match === null) return { state: 'foreign' }
  const [, sum, json = ''] = match
  return sum === checksum(json) ? { state: 'intact', data: JSON.parse(json) } : { state: 'damaged' }
}

export function readChecked(disk: Disk, dir: string, name: string): CheckedJson {
  const path = join(dir, name)
  const facts = disk.facts(path)
  if (facts === undefined) return { state: 'missing' }
  if (facts.kind !== 'file') return { state: 'foreign' }
  const file = disk.open(path, 'read')
  try {
    const data = Buffer.alloc(disk.size(file))
    return decodeChecked(data.toString('latin1', 0, disk.read(file, data, 0, data.length, 0)))
  } finally {
    disk.close(file)
  }
}

/** After a crash there is either the old content or the new one. */
export function writeChecked(disk: Disk, dir: string, name: string, data: unknown): void {
  const temporary = join(dir, `${name}.tmp`)
  const file = disk.open(temporary, 'either')
  try {
    disk.truncate(file, 0)
    const bytes = Buffer.from(encodeChecked(data), 'latin1')
    for (let done = 0; done < bytes.length; ) done += disk.write(file, bytes, done, bytes.length - done, done)
    disk.sync(file)
  } finally {
    disk.close(file)
  }
  disk.rename(temporary, join(dir, name))
  syncDir(disk, dir)
}

function checksum(json: string): string {
  return crc32(Buffer.from(json, 'latin1')).toString(16).padStart(8, '0')
}

/** Keeps the files ASCII, so that bytes and characters are the same. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
