/** A disk in memory that crashes: what was not synced is lost, torn or kept, as chance has it. */

import { basename, dirname } from 'node:path'
import { CrashDir, type CrashNode, isFile } from './crash-dir.js'
import { CrashFile, type Survival } from './crash-file.js'
import type { Disk, FileId, OpenMode, PathFacts } from './disk.js'

/** What can be made to fail. */
export type DiskOperation = 'open' | 'read' | 'write' | 'sync' | 'datasync' | 'unlink' | 'rename'

const survivals: readonly Survival[] = ['all', 'none', 'prefix', 'subset', 'subset']

interface OpenFile {
  readonly node: CrashNode
  readonly path: string
}

/** Its root `/` is there; paths are absolute. */
export class CrashDisk implements Disk {
  /** Says the code of the error with which an operation fails; undefined: it does not. */
  fault: (operation: DiskOperation, path: string) => string | undefined = () => undefined
  /** Bytes that files may still grow by. */
  roomBytes = Number.POSITIVE_INFINITY
  /** What `freeBytes` says. */
  free = Number.POSITIVE_INFINITY
  /** Called with what finishes a `datasync`; at once unless a test has other plans. */
  onDatasync: (finish: () => void, path: string) => void = (finish) => finish()
  private readonly files = new Map<FileId, OpenFile>()
  private readonly locks = new Map<CrashNode, FileId>()
  private lastFile = 2
  private isDead = false

  constructor(
    private readonly random: () => number,
    private readonly root = new CrashDir(),
  ) {}

  /** The disk after a loss of power; this one does nothing any more. */
  crash(): CrashDisk {
    this.isDead = true
    const survival = survivals[Math.floor(this.random() * survivals.length)] ?? 'none'
    return new CrashDisk(this.random, this.root.crashed(survival, this.random))
  }

  /** The disk after a kill of the process: everything that was written is there, and not synced. */
  kill(): CrashDisk {
    this.isDead = true
    return new CrashDisk(this.random, this.root)
  }

  /** Another disk with the same content, all of it synced. */
  copy(): CrashDisk {
    return new CrashDisk(this.random, this.root.crashed('all', this.random))
  }

  /** Changes bits of one byte for good. */
  flip(path: string, position: number, bits: number): void {
    this.file(path).flip(position, bits)
  }

  facts(path: string): PathFacts | undefined {
    const node = this.find(path)
    if (node === undefined) return undefined
    return isFile(node)
      ? { kind: 'file', bytes: node.size, mode: 0o600 }
      : { kind: 'directory', bytes: 0, mode: 0o700 }
  }

  list(dir: string): readonly string[] {
    return this.dir(dir).names
  }

  makeDir(dir: string): void {
    this.parent(dir).add(basename(dir), new CrashDir())
  }

  open(path: string, mode: OpenMode): FileId {
    this.check('open', path)
    const found = this.find(path)
    if (found !== undefined && mode === 'create') throw systemError('EEXIST', path)
    if (found !== undefined && !isFile(found)) throw systemError('EISDIR', path)
    if (found === undefined && (mode === 'read' || mode === 'write')) throw systemError('ENOENT', path)
    const node = found ?? new CrashFile()
    if (found === undefined) this.parent(path).add(basename(path), node)
    return this.opened(node, path)
  }

  openDir(dir: string): FileId {
    return this.opened(this.dir(dir), dir)
  }

  close(file: FileId): void {
    const node = this.files.get(file)?.node
    if (node !== undefined && this.locks.get(node) === file) this.locks.delete(node)
    this.files.delete(file)
  }

  size(file: FileId): number {
    return this.data(file).size
  }

  read(file: FileId, into: Uint8Array, start: number, length: number, position: number): number {
    this.check('read', this.pathOf(file))
    return this.data(file).read(into, start, length, position)
  }

  write(file: FileId, from: Uint8Array, start: number, length: number, position: number): number {
    this.check('write', this.pathOf(file))
    const node = this.data(file)
    const growth = Math.max(0, position + length - node.size)
    const taken = growth <= this.roomBytes ? length : Math.max(0, length - growth + this.roomBytes)
    if (taken === 0 && length > 0) throw systemError('ENOSPC', this.pathOf(file))
    this.roomBytes -= Math.max(0, position + taken - node.size)
    node.write(from.subarray(start, start + taken), position)
    return taken
  }

  truncate(file: FileId, bytes: number): void {
    this.check('write', this.pathOf(file))
    this.data(file).truncate(bytes)
  }

  sync(file: FileId): void {
    this.check('sync', this.pathOf(file))
    this.node(file).beginSync()()
  }

  async datasync(file: FileId): Promise<void> {
    const path = this.pathOf(file)
    this.check('datasync', path)
    const finish = this.node(file).beginSync()
    await new Promise<void>((resolve) => this.onDatasync(resolve, path))
    this.check('datasync', path)
    finish()
  }

  unlink(path: string): void {
    this.check('unlink', path)
    if (this.find(path) === undefined) throw systemError('ENOENT', path)
    this.parent(path).remove(basename(path))
  }

  rename(from: string, to: string): void {
    this.check('rename', from)
    this.parent(from).rename(basename(from), basename(to), this.file(from))
  }

  lock(file: FileId): boolean {
    const node = this.node(file)
    if (this.locks.has(node)) return false
    this.locks.set(node, file)
    return true
  }

  freeBytes(): number {
    return this.free
  }

  private opened(node: CrashNode, path: string): FileId {
    this.files.set(++this.lastFile, { node, path })
    return this.lastFile
  }

  private check(operation: DiskOperation, path: string): void {
    const code = this.isDead ? 'EBADF' : this.fault(operation, path)
    if (code !== undefined) throw systemError(code, path)
  }

  private find(path: string): CrashNode | undefined {
    let node: CrashNode | undefined = this.root
    for (const name of path.split('/')) {
      if (name === '') continue
      if (node === undefined || isFile(node)) return undefined
      node = node.get(name)
    }
    return node
  }

  private dir(path: string): CrashDir {
    const node = this.find(path)
    if (node === undefined) throw systemError('ENOENT', path)
    if (isFile(node)) throw systemError('ENOTDIR', path)
    return node
  }

  private parent(path: string): CrashDir {
    return this.dir(dirname(path))
  }

  private file(path: string): CrashFile {
    const node = this.find(path)
    if (!isFile(node)) throw systemError('ENOENT', path)
    return node
  }

  private node(file: FileId): CrashNode {
    const open = this.files.get(file)
    if (open === undefined) throw systemError('EBADF', String(file))
    return open.node
  }

  private data(file: FileId): CrashFile {
    const node = this.node(file)
    if (!isFile(node)) throw systemError('EISDIR', String(file))
    return node
  }

  private pathOf(file: FileId): string {
    return this.files.get(file)?.path ?? String(file)
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
