import type { Channel } from 'busbar/transport'
import { expect, it } from 'vitest'
import { consumerOf, createNames } from '../src/names.js'
import { overlap } from '../src/pair-claims.js'
import { channelOf } from './channels.js'

const landed: Channel = channelOf('event', 'airport.landed', { params: ['airline', 'flight'] })

it('subjects are addresses, with the prefix before them', () => {
  expect(createNames('').subject('airport.landed.KL.KL23')).toBe('airport.landed.KL.KL23')
  expect(createNames('test.eu').subject('airport.landed.KL.KL23')).toBe('test.eu.airport.landed.KL.KL23')
  expect(createNames('test').address('test.airport.landed.KL')).toBe('airport.landed.KL')
})

it('F15 a token that is a wildcard to NATS is data in an address', () => {
  expect(createNames('').subject('a.b.>')).toBe('a.b.%3E')
  expect(createNames('').filter('a.b.>')).toBe('a.b.%3E')
  expect(createNames('').subject('a.b.x>')).toBe('a.b.x>')
})

it('patterns keep their star, and two of them at the end become the sign for the rest', () => {
  const names = createNames('p')
  expect(names.filter('a.b.*.x')).toBe('p.a.b.*.x')
  expect(names.filter('a.b.**')).toBe('p.a.b.>')
  expect(names.all(landed)).toBe('p.airport.landed.*.*')
})

it('streams and consumers have names that files may have', () => {
  const names = createNames('eu')
  expect(names.stream(landed)).toBe('eu_airport_landed')
  expect(names.deadStream(landed)).toBe('eu_airport_landed-dead')
  expect(names.stream(channelOf('queue', 'air_port.x'))).toBe('eu_air__port_x')
  for (const group of ['a b', 'ü/..', 'x*>']) {
    expect(consumerOf(landed, group, 'airport.landed.**')).toMatch(/^[A-Za-z0-9_=-]+$/)
  }
})

it('E3 members with another pattern are another group', () => {
  const all = consumerOf(landed, 'board', 'airport.landed.*.*')
  expect(all).toBe('board')
  expect(consumerOf(landed, 'board', 'airport.landed.**')).toBe(all)
  expect(consumerOf(landed, 'board', 'airport.landed.KL.*')).not.toBe(all)
})

it.each([
  ['a.b', 'a.b', true],
  ['a.*', 'a.b', true],
  ['a.b', 'a.c', false],
  ['a.**', 'a.b.c', true],
  ['a.b', 'a.b.c', false],
  ['a.*.c', 'a.b.*', true],
])('X1 %s and %s have an address in common: %s', (one, other, expected) => {
  expect(overlap(one, other)).toBe(expected)
  expect(overlap(other, one)).toBe(expected)
})
