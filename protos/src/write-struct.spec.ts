import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Struct } from '../gen/google/protobuf/struct.ts'
import { encodeMessage, encodeWith } from './encode-message.ts'
import { writeStruct } from './write-struct.ts'

test('the bytes are those of the generated code', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true, maxKeys: 5 }), fields => {
      const written = Buffer.from(encodeWith(writer => void writeStruct(fields, writer))).toString('hex')
      expect(written).toBe(Buffer.from(encodeMessage(Struct, Struct.wrap(fields))).toString('hex'))
    }),
    { seed: 1, numRuns: 25 },
  )
})

test('a message that cannot be written does not spoil the next one', () => {
  const broken = {
    get field() {
      throw new Error('no')
    },
  }
  expect(() => encodeWith(writer => void writeStruct(broken, writer.uint32(1)))).toThrow('no')
  expect(encodeWith(writer => void writeStruct({ a: true }, writer))).toEqual(encodeMessage(Struct, Struct.wrap({ a: true })))
})
