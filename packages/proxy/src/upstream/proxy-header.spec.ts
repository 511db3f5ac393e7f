import { expect, test } from 'vitest'
import { readProxyHeader } from '../listener-filters/proxy-protocol/parse-header.ts'
import { encodeProxyHeader } from './proxy-header.ts'

const pair = (source: string, destination: string): Parameters<typeof encodeProxyHeader>[1] => ({
  source: { host: source, port: 4000 },
  destination: { host: destination, port: 443 },
  extensions: [
    { type: 0xe0, value: Buffer.from('kept') },
    { type: 0xe1, value: Buffer.from('dropped') },
  ],
})
const passesOn = (type: number): boolean => type === 0xe0

test.each([
  ['127.0.0.9', '127.0.0.1', 'PROXY TCP4 127.0.0.9 127.0.0.1 4000 443\r\n'],
  ['2001:db8::1', '::1', 'PROXY TCP6 2001:db8::1 ::1 4000 443\r\n'],
  ['127.0.0.9', '::1', 'PROXY TCP6 ::ffff:127.0.0.9 ::1 4000 443\r\n'],
  ['', '', 'PROXY UNKNOWN\r\n'],
])('version 1 from %s to %s', (source, destination, line) => {
  expect(encodeProxyHeader({ version: 1, passesOn }, pair(source, destination)).toString()).toBe(line)
})

test.each([
  ['127.0.0.9', '127.0.0.1', '7f0000097f000001'],
  ['2001:db8::7f00:9', '::1', '20010db8000000000000000'.padEnd(24, '0') + '7f000009' + '1'.padStart(32, '0')],
  ['127.0.0.9', '::1', `${'0'.repeat(20)}ffff7f000009${'1'.padStart(32, '0')}`],
])('version 2 from %s to %s', (source, destination, hosts) => {
  const header = encodeProxyHeader({ version: 2, passesOn }, pair(source, destination)).toString('hex')
  const family = hosts.length === 16 ? '11' : '21'
  const length = (hosts.length / 2 + 4 + 7).toString(16).padStart(4, '0')
  expect(header).toBe(`0d0a0d0a000d0a515549540a21${family}${length}${hosts}0fa001bb` + `e00004${Buffer.from('kept').toString('hex')}`)
})

test('our own listener filter reads it', () => {
  const outcome = readProxyHeader(encodeProxyHeader({ version: 2, passesOn }, pair('10.0.0.1', '10.0.0.2')))
  expect(outcome).toMatchObject({ header: { addresses: { source: '10.0.0.1', sourcePort: 4000, destination: '10.0.0.2' } } })
})

test('connections of our own are local', () => {
  expect(encodeProxyHeader({ version: 2, passesOn }, null).toString('hex')).toBe('0d0a0d0a000d0a515549540a20000000')
})
