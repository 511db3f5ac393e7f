import { END_STREAM, FRAME, frame, headerFrames, http2Exchange, literalField, RecordingUpstream } from '@meshwork/testkit/attack'
import { bootstrap, cluster, httpFilter, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { freePorts } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

type Field = readonly [name: string, value: string]

const PSEUDO: readonly Field[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/first'],
  [':authority', 'a'],
]
const CANARY = 'GET /canary HTTP/1.1\r\nHost: a\r\n\r\n'

/** The usual pseudo fields with one of another value, or without it (null). */
function pseudo(name: string, value: string | null): readonly Field[] {
  return PSEUDO.flatMap(field => (field[0] !== name ? [field] : value === null ? [] : [[name, value] as const]))
}

/** Header sections that must not become a request of HTTP/1.1 (RFC 9113 8.2, 8.3, 10.3). */
const SECTIONS: readonly (readonly [name: string, fields: readonly Field[]])[] = [
  ['CR LF in a value', [...PSEUDO, ['x', `1\r\nhost: b\r\n\r\n${CANARY}`]]],
  ['LF in a value', [...PSEUDO, ['x', `1\ntransfer-encoding: chunked`]]],
  ['CR in a value', [...PSEUDO, ['x', '1\rcanary: 1']]],
  ['NUL in a value', [...PSEUDO, ['x', '1\0canary']]],
  ['CR LF in a name', [...PSEUDO, ['x: 1\r\ncanary', '1']]],
  ['a colon in a name', [...PSEUDO, ['canary:x', '1']]],
  ['a space in a name', [...PSEUDO, ['canary x', '1']]],
  ['an empty name', [...PSEUDO, ['', 'canary']]],
  ['upper case in a name', [...PSEUDO, ['Canary', '1']]],
  ['a name with 0x80', [...PSEUDO, ['canary\x80', '1']]],
  ['CR LF in the path', pseudo(':path', `/ HTTP/1.1\r\nhost: a\r\n\r\n${CANARY}`)],
  ['a space in the path', pseudo(':path', '/ HTTP/1.1 canary')],
  ['a path without a slash', pseudo(':path', 'canary')],
  ['an empty path', pseudo(':path', '')],
  ['no path', pseudo(':path', null)],
  ['a method with a request line', pseudo(':method', 'GET /canary HTTP/1.1\r\nx: y\r\n\r\nGET')],
  ['a method with a space', pseudo(':method', 'GET /canary')],
  ['no method', pseudo(':method', null)],
  ['no scheme', pseudo(':scheme', null)],
  ['CR LF in the authority', pseudo(':authority', `a\r\ncanary: 1`)],
  ['a space in the authority', pseudo(':authority', 'a canary')],
  ['user information in the authority', pseudo(':authority', 'canary@a')],
  ['a pseudo field twice', [...PSEUDO, [':path', '/canary']]],
  ['a pseudo field after others', [...PSEUDO.slice(0, 3), ['x', 'y'], [':authority', 'a']]],
  ['a pseudo field that nobody knows', [...PSEUDO, [':canary', '1']]],
  ['a status in a request', [...PSEUDO, [':status', '200']]],
  ['transfer-encoding', [...PSEUDO, ['transfer-encoding', 'chunked']]],
  ['connection', [...PSEUDO, ['connection', 'canary']]],
  ['keep-alive', [...PSEUDO, ['keep-alive', 'canary']]],
  ['proxy-connection', [...PSEUDO, ['proxy-connection', 'canary']]],
  ['upgrade', [...PSEUDO, ['upgrade', 'canary']]],
  ['te other than trailers', [...PSEUDO, ['te', 'gzip']]],
  ['two hosts that differ', [...PSEUDO.slice(0, 3), ['host', 'a'], ['host', 'canary']]],
  ['two lengths', [...PSEUDO, ['content-length', '0'], ['content-length', '44']]],
  ['a signed length', [...PSEUDO, ['content-length', '+0']]],
  ['a list of lengths', [...PSEUDO, ['content-length', '0, 0']]],
  ['an empty length', [...PSEUDO, ['content-length', '']]],
  ['a length without data', [...PSEUDO, ['content-length', '5']]],
]

describe('HTTP/2 in front of an HTTP/1.1 upstream', () => {
  let upstream: RecordingUpstream
  let proxy: StaticProxy
  const ports = { strict: 0, lenient: 0 }

  beforeAll(async () => {
    upstream = await RecordingUpstream.start()
    const [strict = 0, lenient = 0] = await freePorts(2)
    Object.assign(ports, { strict, lenient })
    const streams = { http2_protocol_options: { override_stream_error_on_invalid_http_message: true } }
    const listeners = [listener(strict, httpFilter('a', 'HTTP2')), listener(lenient, httpFilter('a', 'HTTP2', {}, streams))]
    proxy = await StaticProxy.start('downgrade', bootstrap(listeners, [cluster('a', upstream.port)]))
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await upstream?.[Symbol.asyncDispose]()
  })

  function send(port: number, fields: readonly Field[], ...rest: readonly Buffer[]): Promise<string> {
    upstream.forget()
    const block = Buffer.concat(fields.map(([name, value]) => literalField(name, value)))
    return http2Exchange(port, [...headerFrames(1, block, rest.length === 0 ? END_STREAM : 0), ...rest])
  }

  it.for(SECTIONS)('[security-86] refuses %s', async ([, fields]) => {
    expect(await send(ports.strict, fields)).toMatch(/^(goaway 1|400|reset 1)$/)
    expect(upstream.text).toBe('')
    expect(await send(ports.lenient, fields)).toMatch(/^(reset 1|400)$/)
    expect(upstream.text).toBe('')
  })

  it.for([
    ['more data than the length says', '3', `abc${CANARY}`],
    ['less data than the length says', '99', 'abc'],
  ] as const)('[security-86] %s: nothing of it is a request of its own', async ([, length, body]) => {
    const data = frame(FRAME.data, END_STREAM, 1, Buffer.from(body))
    for (const port of Object.values(ports)) {
      expect(await send(port, [...PSEUDO, ['content-length', length]], data)).toMatch(/^(goaway 1|reset 1)$/)
      expect(upstream.text).not.toContain('canary')
      expect(upstream.text.match(/HTTP\/1\.1\r\n/g)?.length ?? 0).toBeLessThan(2)
    }
  })

  it.for([
    ['a pseudo field', ':path', '/canary'],
    ['CR LF', 'x', `1\r\n\r\n${CANARY}`],
    ['transfer-encoding', 'transfer-encoding', 'canary'],
    ['upper case', 'Canary', '1'],
  ] as const)('[security-86] refuses %s in trailers', async ([, name, value]) => {
    const trailers = headerFrames(1, literalField(name, value), END_STREAM)
    expect(await send(ports.strict, PSEUDO, frame(FRAME.data, 0, 1, Buffer.from('abc')), ...trailers)).toMatch(/^(goaway 1|reset 1)$/)
    expect(upstream.text).not.toMatch(/canary/i)
  })

  it('[security-86] a body that looks like requests is one body, framed by us', async () => {
    const body = `0\r\n\r\n${CANARY}`
    expect(await send(ports.strict, PSEUDO, frame(FRAME.data, END_STREAM, 1, Buffer.from(body)))).toBe('200')
    expect(upstream.text).toMatch(/^POST \/first HTTP\/1\.1\r\nhost: a\r\n[^]*transfer-encoding: chunked\r\n/)
    expect(upstream.text.endsWith(`\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)).toBe(true)
  })
})
