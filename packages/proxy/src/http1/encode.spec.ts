import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { HeaderTrait, traitsOf } from '../http/header-traits.ts'
import { CHUNK_END, chunkHead, encodeLastChunk, encodeRequestHead } from './encode.ts'
import { MessageParser } from './message-parser.ts'

const fieldName = fc
  .stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}$/)
  .filter(name => (traitsOf(name.toLowerCase()) & HeaderTrait.notInTrailers) === 0)
const fieldValue = fc.stringMatching(/^[!-~]([ -~\t]{0,30}[!-~])?$/)
const fields = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 20 })
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 5 })

test('what was encoded is decoded again, cut anywhere', () => {
  fc.assert(
    fc.property(fields, chunks, fields, fc.integer({ min: 1, max: 64 }), (head, body, trailers, step) => {
      const table = tableOf([...head, ['Transfer-Encoding', 'chunked']])
      const wire = Buffer.concat([
        Buffer.from(encodeRequestHead('POST', '/p?q', table), 'latin1'),
        ...body.flatMap(chunk => [Buffer.from(chunkHead(chunk.length)), chunk, Buffer.from(CHUNK_END)]),
        Buffer.from(encodeLastChunk(trailers.length === 0 ? null : tableOf(trailers)), 'latin1'),
      ])
      const seen = decode(wire, step)
      expect(seen.problem).toBe('')
      expect(seen.start).toBe('POST /p?q')
      expect(seen.fields).toEqual([...head, ['Transfer-Encoding', 'chunked']])
      expect(seen.body).toEqual(Buffer.concat(body))
      expect(seen.trailers).toEqual(trailers)
    }),
    { numRuns: 300 },
  )
})

function tableOf(pairs: readonly (readonly [string, string])[]): HeaderTable {
  const table = new HeaderTable()
  table.keepsCase = true
  for (const [name, value] of pairs) table.append(name, value)
  return table
}

function pairsOf(table: HeaderTable): [string, string][] {
  return table.names.map((name, i) => [name.wire, table.values[i] ?? ''])
}

function decode(wire: Buffer, step: number): { start: string; fields: unknown; body: Buffer; trailers: unknown; problem: string } {
  const seen = { start: '', fields: [] as [string, string][], body: Buffer.alloc(0), trailers: [] as [string, string][], problem: 'no end' }
  const parser: MessageParser = new MessageParser(
    'request',
    {
      onHead() {
        seen.start = `${parser.startLine.method} ${parser.startLine.target}`
        seen.fields = pairsOf(parser.headers)
      },
      onData(chunk) {
        seen.body = Buffer.concat([seen.body, chunk])
      },
      onEnd(trailers) {
        seen.problem = ''
        if (trailers !== null) seen.trailers = pairsOf(trailers)
      },
      onProblem(problem) {
        seen.problem = problem
      },
    },
    { maxHeadBytes: 65_536, maxFields: 100, trailers: true },
  )
  for (let at = 0; at < wire.length; at += step) parser.feed(wire, at, Math.min(wire.length, at + step))
  return seen
}
