import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readProxyHeader } from './parse-header.ts'

const V2 = '0d0a0d0a000d0a515549540a'
const text = (line: string): Buffer => Buffer.from(line, 'latin1')
const hex = (digits: string): Buffer => Buffer.from(V2 + digits, 'hex')

function addresses(bytes: Buffer): string {
  const outcome = readProxyHeader(bytes)
  if (outcome.kind !== 'header') return outcome.kind
  const { addresses: found, length } = outcome.header
  if (found === null) return `own, ${length}`
  return `${found.source} ${found.sourcePort} > ${found.destination} ${found.destinationPort}, ${length}`
}

test('version 1', () => {
  expect(addresses(text('PROXY TCP4 10.1.2.3 10.0.0.2 1000 80\r\nGET /'))).toBe('10.1.2.3 1000 > 10.0.0.2 80, 38')
  expect(addresses(text('PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n'))).toBe('2001:db8::1 1 > 2001:db8::2 2, 40')
  expect(addresses(text('PROXY UNKNOWN\r\n'))).toBe('own, 15')
  expect(addresses(text('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'))).toBe('own, 35')
})

test('version 1 that is not one', () => {
  for (const line of [
    'PROXY TCP4 10.1.2.3 10.0.0.2 1000\r\n',
    'PROXY TCP4 10.1.2.3 ::1 1000 80\r\n',
    'PROXY TCP4 10.1.2.3 10.0.0.2 1000 80 x\r\n',
    'PROXY TCP4 10.1.2.3 10.0.0.2 1000 65536\r\n',
    'PROXY TCP4 10.1.2.3 10.0.0.2 -1 80\r\n',
    'PROXY TCP4 224.0.0.1 10.0.0.2 1000 80\r\n',
    'PROXY TCP4 10.1.2.3 255.255.255.255 1000 80\r\n',
    'PROXY TCP6 :: ff02::1 1000 80\r\n',
    'PROXY UDP4 10.1.2.3 10.0.0.2 1000 80\r\n',
    `PROXY TCP4 ${'1'.repeat(200)}\r\n`,
  ]) {
    expect(addresses(text(line))).toBe('malformed')
  }
  expect(addresses(text('GET / HTTP/1.1\r\n'))).toBe('absent')
  expect(addresses(text('PROXYX'))).toBe('absent')
})

test('version 2', () => {
  expect(addresses(hex('2111000c0a0102030a00000203e80050ff'))).toBe('10.1.2.3 1000 > 10.0.0.2 80, 28')
  const v6 = '20010db8000000000000000000000001' + '20010db8000000000000000000000002'
  expect(addresses(hex(`21210024${v6}00010002`))).toBe('2001:db8::1 1 > 2001:db8::2 2, 52')
  expect(addresses(hex('20000000'))).toBe('own, 16')
  expect(addresses(hex('20110003ffffff'))).toBe('own, 19')
  // Datagrams have addresses too; a connection without any cannot be spoken for.
  expect(addresses(hex('2112000c0a0102030a00000203e80050'))).toBe('10.1.2.3 1000 > 10.0.0.2 80, 28')
  for (const bad of [
    '2211000c',
    '3111000c',
    '21000000',
    '21120000',
    '2111000ce00000010a00000203e80050',
    '211100040a010203',
    '2131000c0a0102030a00000203e80050',
  ]) {
    expect(addresses(hex(bad))).toBe('malformed')
  }
})

test('extensions of version 2; one that ends outside is refused', () => {
  const outcome = readProxyHeader(hex('211100150a0102030a00000203e80050ea0003616263e00000'))
  expect(outcome).toMatchObject({
    header: {
      tlvs: [
        { type: 0xea, value: text('abc') },
        { type: 0xe0, value: text('') },
      ],
    },
  })
  expect(addresses(hex('211100120a0102030a00000203e80050ea0004616263'))).toBe('malformed')
  expect(addresses(hex('2111000e0a0102030a00000203e80050ea00'))).toBe('malformed')
})

test('in single bytes it is the same', () => {
  for (const whole of [text('PROXY TCP4 10.1.2.3 10.0.0.2 1000 80\r\n'), hex('2111000c0a0102030a00000203e80050')]) {
    for (let end = 0; end < whole.length; end++) expect(readProxyHeader(whole.subarray(0, end)).kind).toBe('more')
  }
})

test('any bytes have an answer', () => {
  fc.assert(
    fc.property(fc.constantFrom('', V2, text('PROXY ').toString('hex')), fc.uint8Array({ maxLength: 120 }), (start, rest) => {
      readProxyHeader(Buffer.concat([Buffer.from(start, 'hex'), rest]))
    }),
    { numRuns: 2000 },
  )
})
