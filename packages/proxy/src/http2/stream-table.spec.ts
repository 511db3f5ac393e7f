import { expect, test } from 'vitest'
import { Http2Stream } from './http2-stream.ts'
import { StreamTable } from './stream-table.ts'

function open(table: StreamTable<null>, id: number): Http2Stream<null> {
  const stream = new Http2Stream<null>(id, 0, 0)
  table.add(stream)
  return stream
}

test('finds what was added and not what was deleted', () => {
  const table = new StreamTable<null>()
  const streams = Array.from({ length: 100 }, (_, i) => open(table, 2 * i + 1))
  expect(table.size).toBe(100)
  for (const stream of streams) expect(table.get(stream.id)).toBe(stream)
  for (const stream of streams.slice(0, 99)) table.delete(stream)
  expect(table.size).toBe(1)
  expect(table.has(1)).toBe(false)
  expect(table.has(199)).toBe(true)
})

test('streams that stay open meet any number of newer ones', () => {
  const table = new StreamTable<null>()
  const stays = [open(table, 1), open(table, 3)]
  for (let id = 5; id < 20_001; id += 2) {
    const stream = open(table, id)
    expect(table.get(id)).toBe(stream)
    table.delete(stream)
    expect(table.get(id)).toBeNull()
  }
  expect(stays.map(stream => table.get(stream.id))).toEqual(stays)
  expect(table.size).toBe(2)
})

test('thousands at once are found, and told oldest first', () => {
  const table = new StreamTable<null>()
  const streams = Array.from({ length: 3000 }, (_, i) => open(table, 2 * i + 1))
  expect(streams.every(stream => table.get(stream.id) === stream)).toBe(true)
  expect(table.all().map(({ id }) => id)).toEqual(streams.map(({ id }) => id))
  for (const stream of table.all()) table.delete(stream)
  expect(table.size).toBe(0)
})

test('deleting twice counts once', () => {
  const table = new StreamTable<null>()
  const stream = open(table, 1)
  open(table, 3)
  table.delete(stream)
  table.delete(stream)
  expect(table.size).toBe(1)
})
