import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sniffHttp } from './sniff-http.ts'

const sniff = (text: string): string => sniffHttp(Buffer.from(text, 'latin1'))

test('protocols', () => {
  expect(sniff('GET / HTTP/1.1\r\nhost: a')).toBe('http/1.1')
  expect(sniff('GET / HTTP/1.0\n')).toBe('http/1.0')
  expect(sniff('M-SEARCH /a?b HTTP/1.1\r\n')).toBe('http/1.1')
  expect(sniff('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toBe('h2c')
  expect(sniff('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')).toBe('other')
  expect(sniff('PING\r\n')).toBe('other')
  expect(sniff('*1\r\n$4\r\nPING\r\n')).toBe('other')
  expect(sniff('\x00')).toBe('other')
  expect(sniff('GET /\r\n')).toBe('other')
  expect(sniff('GET / HTTP/3.1\r\n')).toBe('other')
  expect(sniff(`GET /${'a'.repeat(70_000)}`)).toBe('other')
  expect(sniff('A'.repeat(65))).toBe('other')
})

test('a beginning is never taken for something else than the whole', () => {
  for (const whole of ['GET / HTTP/1.1\r\n', 'POST /x HTTP/1.0\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']) {
    const outcomes = Array.from({ length: whole.length }, (_, end) => sniff(whole.slice(0, end)))
    expect(new Set(outcomes.filter(outcome => outcome !== sniff(whole)))).toEqual(new Set(['more']))
  }
})

test('any bytes have an answer, and more bytes never undo it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), fc.string({ maxLength: 10 }), (first, more) => {
      const early = sniff(first)
      if (early !== 'more') expect(sniff(first + more)).toBe(early)
    }),
  )
})
