import { expect, test } from 'vitest'
import { readDocument } from './bson-document.ts'
import { bson } from './testdata/mongo-wire.ts'

test('fields at the top are read in order, and documents in them', () => {
  const fields = readDocument(bson({ find: 'orders', n: 1, filter: { _id: { x: 1 } } }), 0)
  expect([...(fields ?? [])]).toEqual([
    ['find', 'orders'],
    ['n', null],
    ['filter', new Map([['_id', new Map([['x', null]])]])],
  ])
})

test('what is cut off, or no document, is none', () => {
  const whole = bson({ name: 'text', n: 1 })
  for (let length = 0; length < whole.length; length++) expect(readDocument(whole.subarray(0, length), 0)).toBe(null)
  expect(readDocument(Buffer.alloc(64, 0xff), 0)).toBe(null)
})

test('a document of thousands of levels is looked into for a few', () => {
  let deep = bson({ x: 1 })
  for (let i = 0; i < 4000; i++) {
    const body = Buffer.concat([Buffer.from([3, 0x61, 0]), deep])
    const length = Buffer.alloc(4)
    length.writeInt32LE(body.length + 5)
    deep = Buffer.concat([length, body, Buffer.from([0])])
  }
  expect(readDocument(deep, 0)).toEqual(new Map([['a', new Map([['a', new Map([['a', null]])]])]]))
})
