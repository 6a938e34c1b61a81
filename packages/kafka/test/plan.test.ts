import { describePlan } from '@busbar/adapter'
import { contract, event, queue, stream } from 'busbar'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { plan } from '../src/index.js'

const airport = contract('airport', {
  landed: event(z.number(), { retry: { attempts: 3 } }),
  moveBag: queue(z.number()),
  radar: stream(z.number(), { keepBytes: 8_388_608 }),
})

describe('plan()', () => {
  it('names every topic and group, with what is set', () => {
    const resources = plan([airport.landed, airport.moveBag, airport.radar], {
      url: 'kafka://one',
      groups: { 'airport.landed': ['billing'] },
    })
    expect(resources.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'topic busbar..channels',
      'topic airport.landed',
      'topic airport.landed..dead',
      'topic airport.landed..billing..again',
      'topic airport.landed..billing..later',
      'share group airport.landed:billing:later',
      'share group airport.landed:billing',
      'topic airport.moveBag',
      'topic airport.moveBag..dead',
      'topic airport.moveBag..later',
      'share group airport.moveBag:queue:later',
      'share group airport.moveBag:queue',
      'topic airport.radar',
      'topic airport.radar..dead',
    ])
    expect(describePlan(resources)).toContain('segment.bytes=2097152')
  })
})
