import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Struct } from '../gen/google/protobuf/struct.ts'
import { encodeMessage, encodeWith } from './encode-message.ts'
import { writeStruct } from './write-struct.ts'

test('the bytes are those of the generated code', () => {
  const value = fc.letrec(tie => ({
    json: fc.oneof(
      { maxDepth: 2 },
      fc.constant(null),
      fc.string({ unit: 'binary' }).map(text => text.toWellFormed()),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('json'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).json
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { noNullPrototype: true }), fields => {
      const written = Buffer.from(encodeWith(writer => void writeStruct(fields, writer))).toString('hex')
      expect(written).toBe(Buffer.from(encodeMessage(Struct, Struct.wrap(fields))).toString('hex'))
    }),
    { seed: 1, numRuns: 40 },
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
