import { expect, test } from 'vitest'
import { TunnelRequest } from './tunnel-request.ts'

test('asks for the target', () => {
  expect(new TunnelRequest('a.test:443').text).toBe('CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n')
})

test('an answer in pieces, and what comes after it', () => {
  const request = new TunnelRequest('a:1')
  for (const byte of 'HTTP/1.1 200 OK\r\nx: y\r\n\r') expect(request.feed(Buffer.from(byte))).toBe('incomplete')
  expect(request.feed(Buffer.from('\nhello'))).toEqual({ kind: 'open', rest: Buffer.from('hello') })
})

test.each([
  ['HTTP/1.1 403 Forbidden\r\n\r\n', 'CONNECT was answered 403'],
  ['HTTP/1.1 204 No Content\r\n\r\n', 'CONNECT was answered 204'],
  ['SSH-2.0-x\r\n\r\n', 'the answer to CONNECT is not HTTP/1'],
  ['x'.repeat(16_385), 'the answer to CONNECT is too long'],
])('%.20s is no tunnel', (text, reason) => {
  expect(new TunnelRequest('a:1').feed(Buffer.from(text))).toEqual({ kind: 'refused', reason })
})
