/** Lines of the departures board, and the letters that turn on them. */
import { expect, test } from 'vitest'
import { turnsTo } from '../src/board/flaps.js'
import { airlineOf, createBoard, lineCount, type Row } from '../src/board/state.js'

const row = (number: number, status: Row['status'] = 'landed'): Row => ({
  flight: `KL${number}`,
  to: 'AMS',
  gate: 'A1',
  status,
  time: new Date(1_000 * number).toISOString(),
})

test('a flight keeps its line while its status changes', () => {
  const board = createBoard()
  board.show(row(1))
  board.show(row(2))
  board.show(row(1, 'boarding'))
  expect(board.lines.value.slice(0, 3).map((line) => line?.status)).toEqual(['boarding', 'landed', undefined])
})

test('a full board gives a new flight the line of the one that left first', () => {
  const board = createBoard()
  for (let number = 1; number <= lineCount; number += 1) board.show(row(number))
  board.show(row(5, 'departed'))
  board.show(row(3, 'departed'))
  board.show(row(99))
  expect(board.lines.value.map((line) => line?.flight)).toEqual([
    'KL1',
    'KL2',
    'KL99',
    'KL4',
    'KL5',
    'KL6',
    'KL7',
    'KL8',
  ])
})

test('a full board of which nobody has left drops the oldest line', () => {
  const board = createBoard()
  for (let number = 1; number <= lineCount + 1; number += 1) board.show(row(number))
  expect(board.lines.value[0]?.flight).toBe(`KL${lineCount + 1}`)
})

test('flaps end at the letter they are to show, after a few turns at most', () => {
  expect(turnsTo('A', 'A')).toEqual([])
  expect(turnsTo('A', 'C')).toEqual(['B', 'C'])
  expect(turnsTo('Z', 'A').at(-1)).toBe('A')
  expect(turnsTo('A', 'Z')).toHaveLength(7)
  expect(turnsTo('A', 'Ã')).toEqual(['Ã'])
})

test('airlines are named by the code of their flights', () => {
  expect(airlineOf('KL101')).toBe('KLM')
  expect(airlineOf('ZZ104')).toBe('Sloppy Air')
  expect(airlineOf('XX1')).toBe('')
})
