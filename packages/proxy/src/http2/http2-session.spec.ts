import { describe, expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { CANCEL, NO_ERROR } from './error-code.ts'
import { SessionPair } from './testdata/session-pair.ts'
import { newLog, type StreamLog } from './testdata/recording-sink.ts'
import type { Http2Stream } from './http2-stream.ts'

function headers(...lines: [string, string][]): HeaderTable {
  const table = new HeaderTable()
  for (const [name, value] of lines) table.append(name, value)
  return table
}

function get(pair: SessionPair, path: string, endStream: boolean = true): Http2Stream<StreamLog> {
  const stream = pair.client.session.sendRequest(newLog(), 'GET', 'http', 'a.test', path, '', headers(['X-A', 'b']), endStream)
  if (stream === null) throw new Error('no stream')
  return stream
}

describe('Http2Session', () => {
  test.each([1, 7, 65_536])('carries a request and its answer with trailers, cut into pieces of %d', piece => {
    const pair = new SessionPair()
    const { client, server } = pair
    server.sink.onHead = stream => {
      server.session.sendInterim(stream, 103, headers(['link', 'x']))
      server.session.sendResponse(stream, 200, headers(['content-type', 'text/plain'], ['connection', 'close']), false)
    }
    server.sink.onEnd = stream => {
      server.session.sendData(stream, Buffer.from('hello'), false, true)
      server.session.sendEnd(stream, headers(['x-end', 'bye']))
    }
    const stream = get(pair, '/p', false)
    client.session.sendData(stream, Buffer.from('abc'), false, true)
    client.session.sendEnd(stream, headers(['x-t', '1']))
    pair.exchange(piece)
    expect(server.sink.streams.get(1)).toMatchObject({
      head: 'GET http a.test /p |x-a=b',
      data: 'abc',
      trailers: 'x-t=1',
      ended: true,
      closed: 1,
    })
    expect(client.sink.streams.get(1)).toMatchObject({
      head: '200|content-type=text/plain',
      interim: ['103|link=x'],
      data: 'hello',
      trailers: 'x-end=bye',
      closed: 1,
      reset: '',
    })
    expect([client.session.activeStreams, server.session.activeStreams]).toEqual([0, 0])
  })

  test('holds data to the windows of stream and connection, and goes on as it is consumed', () => {
    const pair = new SessionPair({}, { streamWindow: 65_535, connectionWindow: 65_535 })
    const { client, server } = pair
    const owned: Http2Stream<StreamLog>[] = []
    server.sink.onHead = stream => owned.push(stream)
    const a = get(pair, '/a', false)
    const b = get(pair, '/b', false)
    client.session.sendData(a, Buffer.alloc(100_000, 97), true, true)
    client.session.sendData(b, Buffer.alloc(10, 98), true, true)
    pair.exchange()
    expect(server.sink.streams.get(1)?.data.length).toBe(65_535)
    expect(server.sink.streams.get(3)?.data.length ?? 0).toBe(0)
    expect([a.writable, b.writable]).toEqual([false, true])
    const waiting = [...owned]
    for (const stream of waiting) server.session.consumed(stream, 65_535)
    server.sink.onChunk = (stream, size) => server.session.consumed(stream, size)
    pair.exchange()
    expect(server.sink.streams.get(1)?.data.length).toBe(100_000)
    expect(server.sink.streams.get(3)).toMatchObject({ data: 'bbbbbbbbbb', ended: true })
  })

  test('a stream that cannot be sent is not writable, and drains', () => {
    const pair = new SessionPair({ streamBufferBytes: 1000 }, { streamWindow: 65_535 })
    const { client, server } = pair
    let known: Http2Stream<StreamLog> | null = null
    server.sink.onHead = stream => {
      known = stream
    }
    const stream = get(pair, '/', false)
    client.session.sendData(stream, Buffer.alloc(70_000), false, true)
    pair.exchange()
    expect(stream.writable).toBe(false)
    expect(stream.bufferedBytes).toBe(70_000 - 65_535)
    if (known !== null) server.session.consumed(known, 40_000)
    pair.exchange()
    expect(stream.bufferedBytes).toBe(0)
    expect(client.sink.events).toContain('drain 1')
    expect(stream.writable).toBe(true)
  })

  test('a smaller initial window may make windows negative', () => {
    const pair = new SessionPair({}, { streamWindow: 10 })
    const { client, server } = pair
    const stream = get(pair, '/', false)
    client.session.sendData(stream, Buffer.alloc(30), true, true)
    pair.exchange()
    expect(server.sink.streams.get(1)?.data.length).toBe(10)
  })

  test('resets reach the other side, once', () => {
    const pair = new SessionPair()
    const { client, server } = pair
    const stream = get(pair, '/', false)
    pair.exchange()
    client.session.resetStream(stream, CANCEL)
    client.session.resetStream(stream, CANCEL)
    pair.exchange()
    expect(server.sink.streams.get(1)).toMatchObject({ reset: `remote-reset ${CANCEL}`, closed: 1 })
    expect(client.sink.streams.get(1)).toMatchObject({ reset: '', closed: 1 })
  })

  test('goes away in two steps: streams above the last are refused, the rest are served', () => {
    const pair = new SessionPair()
    const { client, server } = pair
    const first = get(pair, '/1')
    pair.exchange()
    server.session.announceGoaway()
    pair.exchange()
    expect(client.session.canStartStream).toBe(false)
    server.session.goaway(NO_ERROR, '')
    pair.exchange()
    expect(client.sink.events.filter(event => event.startsWith('goaway'))).toEqual(['goaway 2147483647 0 ', 'goaway 1 0 '])
    expect(first.closed).toBe(false)
  })

  test('frames wait while the output is congested; too many unread answers end the connection', () => {
    const pair = new SessionPair()
    const { client, server } = pair
    server.output.congested = true
    for (let i = 0; i < 999; i++) client.session.ping(i)
    pair.exchange()
    expect(server.session.failed).toBe(false)
    for (let i = 0; i < 3; i++) client.session.ping(i)
    pair.exchange()
    expect(server.sink.events.at(-1)).toBe('error 11 ping_flood')
  })
})
