/** The store in files on a disk in memory: syncs end when told, and a crash leaves what chance lets it. */

import { openStore } from '@busbar/store'
import { CrashDisk } from '@busbar/store/testing'
import type { OpenedStore } from 'busbar/transport'
import type { LifeHost, Medium } from './medium.js'
import { type Random, seeded } from './seeded.js'

/** The smallest there are, so that files roll, are emptied and go all the time. */
const segmentBytes = 4_096
const noRoom = 0

export class DiskMedium implements Medium {
  private random: Random = seeded(0)
  private syncs: (() => void)[] = []
  private disk = this.plugged(new CrashDisk(() => this.random()))

  /** `forgetsNames`: the disk lies about syncs of directories. */
  constructor(private readonly forgetsNames = false) {}

  async open({ clock, schedule }: LifeHost): Promise<OpenedStore> {
    const { disk } = this
    if (this.forgetsNames) this.lie(disk)
    return await openStore({
      dir: '/hub',
      disk,
      clock,
      schedule,
      segmentBytes,
      minFreeBytes: 0,
      makeSalt: () => 0xdecade,
      pid: 1,
    })
  }

  async interrupted(steps: number, life: () => Promise<void>): Promise<void> {
    let left = steps
    this.disk.fault = () => (left-- > 0 ? undefined : 'EBADF')
    try {
      await life()
    } catch (error) {
      if (left >= 0) throw error
    }
  }

  sync(): boolean {
    const finish = this.syncs.shift()
    finish?.()
    return finish !== undefined
  }

  crash({ power, seed }: { readonly power: boolean; readonly seed: number }): void {
    this.random = seeded(seed)
    this.syncs = []
    this.disk = this.plugged(power ? this.disk.crash() : this.disk.kill())
  }

  full(on: boolean): void {
    this.disk.roomBytes = on ? noRoom : Number.POSITIVE_INFINITY
  }

  fail(): void {
    this.disk.fault = (operation) => (operation === 'datasync' || operation === 'sync' ? 'EIO' : undefined)
  }

  private lie(disk: CrashDisk): void {
    const datasync = disk.datasync.bind(disk)
    const dirs = new Set<number>()
    const openDir = disk.openDir.bind(disk)
    disk.openDir = (dir) => {
      const file = openDir(dir)
      dirs.add(file)
      return file
    }
    disk.datasync = (file) => (dirs.has(file) ? Promise.resolve() : datasync(file))
  }

  private plugged(disk: CrashDisk): CrashDisk {
    disk.onDatasync = (finish) => void this.syncs.push(finish)
    return disk
  }
}
