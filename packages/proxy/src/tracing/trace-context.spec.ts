import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { extractB3, extractW3c, injectB3, injectW3c } from './trace-context.ts'

function headers(fields: Readonly<Record<string, string>>): HeaderTable {
  const table = new HeaderTable()
  for (const [name, value] of Object.entries(fields)) table.append(name, value)
  return table
}

const TRACE = '463ac35c9f6413ad48485a3953bb6124'
const SPAN = 'a2fb4a1d1a96d312'
const PARENT = '0020000000000001'

test('the many headers of B3', () => {
  const found = extractB3(headers({ 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-ParentSpanId': PARENT, 'X-B3-Sampled': '1' }))
  const context = { traceId: TRACE, spanId: SPAN, parentId: PARENT, sampled: true, debug: false, state: '' }
  expect(found).toEqual({ kind: 'context', context })
})

test('the single header of B3 wins over the many', () => {
  const found = extractB3(headers({ b3: `${TRACE}-${SPAN}-0-${PARENT}`, 'x-b3-traceid': '1'.repeat(16), 'x-b3-spanid': SPAN }))
  expect(found).toMatchObject({ kind: 'context', context: { traceId: TRACE, sampled: false, parentId: PARENT } })
  expect(extractB3(headers({ b3: `${TRACE}-${SPAN}-d` }))).toMatchObject({ context: { sampled: true, debug: true } })
})

test('a decision can come without ids', () => {
  expect(extractB3(headers({ b3: '0' }))).toEqual({ kind: 'decision', sampled: false })
  expect(extractB3(headers({ 'x-b3-sampled': 'true' }))).toEqual({ kind: 'decision', sampled: true })
})

test.each([['zz'], ['0'.repeat(16)], [`${TRACE}00`], ['']])('the trace id %j is not believed', traceId => {
  expect(extractB3(headers({ 'x-b3-traceid': traceId, 'x-b3-spanid': SPAN }))).toEqual({ kind: 'none' })
})

test.each([
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`01-${TRACE}-${SPAN}-03-more`, true],
])('traceparent %s', (traceparent, sampled) => {
  expect(extractW3c(headers({ traceparent, tracestate: 'a=1' }))).toMatchObject({
    kind: 'context',
    context: { traceId: TRACE, spanId: SPAN, sampled, state: 'a=1' },
  })
})

test.each([
  [`ff-${TRACE}-${SPAN}-01`],
  [`00-${'0'.repeat(32)}-${SPAN}-01`],
  [`00-${TRACE}-${'0'.repeat(16)}-01`],
  [`00-${TRACE}-${SPAN}-01-more`],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['garbage'],
])('traceparent %s starts a new trace', traceparent => {
  expect(extractW3c(headers({ traceparent }))).toEqual({ kind: 'none' })
})

test('what is written is read back', () => {
  const context = { traceId: TRACE, spanId: SPAN, parentId: PARENT, sampled: true, debug: false, state: '' }
  const b3 = headers({ b3: '0' })
  injectB3(b3, context)
  expect(extractB3(b3)).toEqual({ kind: 'context', context })
  const w3c = headers({})
  injectW3c(w3c, context)
  expect(extractW3c(w3c)).toEqual({ kind: 'context', context: { ...context, parentId: '' } })
})
