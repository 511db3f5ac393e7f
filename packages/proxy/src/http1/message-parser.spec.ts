import { describe, expect, test } from 'vitest'
import type { HeaderTable } from '../http/header-table.ts'
import { MessageParser, type ParserSink } from './message-parser.ts'
import type { ParseProblem } from './parse-problem.ts'

interface Message {
  start: string
  fields: string[]
  body: string
  trailers: string[] | null
  ended: boolean
}

class Recorder implements ParserSink {
  readonly messages: Message[] = []
  problem: ParseProblem | null = null
  readonly parser: MessageParser
  private readonly isRequest: boolean

  constructor(role: 'request' | 'response', maxHeadBytes: number = 8192) {
    this.isRequest = role === 'request'
    this.parser = new MessageParser(role, this, { maxHeadBytes, maxFields: 100, trailers: true })
  }

  onHead(): void {
    const { startLine, headers } = this.parser
    const start = this.isRequest ? `${startLine.method} ${startLine.target}` : `${startLine.status} ${startLine.reason}`
    this.messages.push({ start, fields: lines(headers), body: '', trailers: null, ended: false })
  }

  onData(chunk: Buffer): void {
    const message = this.messages.at(-1)
    if (message !== undefined) message.body += chunk.toString('latin1')
  }

  onEnd(trailers: HeaderTable | null): void {
    const message = this.messages.at(-1)
    if (message === undefined) return
    message.ended = true
    message.trailers = trailers === null ? null : lines(trailers)
  }

  onProblem(problem: ParseProblem): void {
    this.problem = problem
  }

  feed(text: string, step: number = Number.MAX_SAFE_INTEGER): this {
    const bytes = Buffer.from(text, 'latin1')
    for (let at = 0; at < bytes.length && this.problem === null; at += step) this.feedPiece(bytes.subarray(at, at + step))
    return this
  }

  private feedPiece(piece: Buffer): void {
    let at = 0
    while (at < piece.length && this.problem === null) {
      at = this.parser.feed(piece, at, piece.length)
      if (this.parser.done) this.parser.next()
    }
  }
}

function lines(table: HeaderTable): string[] {
  return table.names.map((name, i) => `${name.wire}=${table.values[i]}`)
}

const VALID: readonly [string, 'request' | 'response', string, readonly Partial<Message>[]][] = [
  ['no body', 'request', 'GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n', [{ start: 'GET /a?b', fields: ['Host=x'], body: '' }]],
  [
    'pipelined',
    'request',
    'GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: y\r\n\r\n',
    [{ start: 'GET /1' }, { start: 'GET /2' }],
  ],
  [
    'spelling, order and duplicates kept',
    'request',
    'GET / HTTP/1.1\r\nX-b:  1 \t\r\nhost: x\r\nx-B:2\r\n\r\n',
    [{ fields: ['X-b=1', 'host=x', 'x-B=2'] }],
  ],
  ['length', 'request', 'POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n', [{ body: 'abc' }, { start: 'GET /' }]],
  [
    'chunks, extensions, upper-case size',
    'request',
    'POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;a="b"\r\nabc\r\nA ;x\r\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    [{ body: 'abc0123456789', trailers: null }, { start: 'GET /' }],
  ],
  [
    'trailers',
    'request',
    'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-t: v\r\ny: z\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    [{ body: 'a', trailers: ['x-t=v', 'y=z'] }, { start: 'GET /' }],
  ],
  ['empty line before a request', 'request', '\r\nGET / HTTP/1.1\r\n\r\n', [{ start: 'GET /' }]],
  ['status without reason', 'response', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na', [{ start: '200 ', body: 'a' }]],
  [
    'interim, then 204 with a length',
    'response',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 x\r\n\r\n',
    [{ start: '100 Continue' }, { start: '204 No Content', body: '' }, { start: '304 x' }],
  ],
  [
    'obs-text in a value',
    'response',
    'HTTP/1.1 200 OK\r\nx: \xe9\r\ncontent-length: 0\r\n\r\n',
    [{ fields: ['x=\xe9', 'content-length=0'] }],
  ],
]

describe.each([1, 2, 3, 7, 1_000_000])('in pieces of %d bytes', step => {
  test.each(VALID)('%s', (_name, role, text, expected) => {
    const recorder = new Recorder(role).feed(text, step)
    expect(recorder.problem).toBeNull()
    expect(recorder.messages).toMatchObject(expected.map(message => ({ ...message, ended: true })))
    expect(recorder.messages.length).toBe(expected.length)
  })

  test.each(INVALID())('refuses %s', (_name, role, text, problem) => {
    const recorder = new Recorder(role).feed(text, step)
    expect(recorder.problem).toBe(problem)
  })
})

function INVALID(): [string, 'request' | 'response', string, ParseProblem][] {
  const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nHost: x\r\n${fields}\r\n${body}`
  const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body)
  return [
    [
      'length with coding',
      'request',
      post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
      'content-length-and-transfer-encoding',
    ],
    [
      'coding with length',
      'request',
      post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n', ''),
      'content-length-and-transfer-encoding',
    ],
    ['two different lengths', 'request', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'), 'content-length'],
    ['two equal lengths', 'request', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 'content-length'],
    ['a list of lengths', 'request', post('Content-Length: 3, 3\r\n', 'abc'), 'content-length'],
    ['a signed length', 'request', post('Content-Length: +3\r\n', 'abc'), 'content-length'],
    ['a hexadecimal length', 'request', post('Content-Length: 0x3\r\n', 'abc'), 'content-length'],
    ['an empty length', 'request', post('Content-Length:\r\n', ''), 'content-length'],
    ['a huge length', 'request', post('Content-Length: 99999999999999999999\r\n', ''), 'content-length'],
    ['two codings', 'request', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', ''), 'transfer-encoding'],
    ['a list of codings', 'request', post('Transfer-Encoding: gzip, chunked\r\n', ''), 'unknown-transfer-encoding'],
    ['an unknown coding', 'request', post('Transfer-Encoding: xchunked\r\n', ''), 'unknown-transfer-encoding'],
    ['a coding in HTTP/1.0', 'request', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 'transfer-encoding'],
    ['a chunk size that is none', 'request', chunked('zz\r\nab\r\n'), 'chunk'],
    ['an empty chunk size', 'request', chunked('\r\nab\r\n'), 'chunk'],
    ['a chunk without its end', 'request', chunked('2\r\nabXX0\r\n\r\n'), 'chunk'],
    ['a chunk size ended by LF', 'request', chunked('2\nab\r\n0\r\n\r\n'), 'chunk'],
    ['LF in an extension', 'request', chunked('2;a\nb\r\nab\r\n'), 'chunk'],
    ['space after a chunk size', 'request', chunked('2 \r\nab\r\n'), 'chunk'],
    ['a huge chunk size', 'request', chunked('ffffffffffffffffff\r\nab'), 'chunk'],
    ['a signed chunk size', 'request', chunked('+2\r\nab\r\n'), 'chunk'],
    ['bad trailers', 'request', chunked('0\r\nbad name: x\r\n\r\n'), 'trailers'],
    ['CR without LF after the last chunk', 'request', chunked('0\r\n\rX'), 'trailers'],
    ['folding', 'request', post('X-A: b\r\n c\r\n', ''), 'field-name'],
    ['space before a colon', 'request', post('Name : v\r\n', ''), 'field-name'],
    ['space in a name', 'request', post('Bad Name: v\r\n', ''), 'field-name'],
    ['an empty name', 'request', post(': v\r\n', ''), 'field-name'],
    ['no colon', 'request', post('nocolon\r\n', ''), 'field-name'],
    ['NUL in a value', 'request', post('x: a\0b\r\n', ''), 'field-value'],
    ['bare CR in a value', 'request', post('x: a\rGET /two HTTP/1.1\r\n', ''), 'field-value'],
    ['two words', 'request', 'GET /\r\n\r\n', 'request-line'],
    ['two spaces', 'request', 'GET  / HTTP/1.1\r\n\r\n', 'request-line'],
    ['space in a target', 'request', 'GET /a b HTTP/1.1\r\n\r\n', 'request-line'],
    ['a bad method', 'request', 'G{T / HTTP/1.1\r\n\r\n', 'request-line'],
    ['a greeting of another protocol', 'response', '220 ready\r\n', 'status-line'],
    ['a line that is no request, before the head is complete', 'request', 'EHLO there\r\n', 'request-line'],
    ['an unknown method', 'request', 'FOO / HTTP/1.1\r\n\r\n', 'method'],
    ['HTTP/2', 'request', 'PRI * HTTP/2.0\r\n\r\n', 'http-version'],
    ['a version that is none', 'request', 'GET / HTTP/1.2.3\r\nHost: a\r\n\r\n', 'request-line'],
    ['lower-case version', 'request', 'GET / http/1.1\r\n\r\n', 'request-line'],
    ['a status of two digits', 'response', 'HTTP/1.1 20 OK\r\n\r\n', 'status-line'],
    ['a status of four digits', 'response', 'HTTP/1.1 2000 OK\r\n\r\n', 'status-line'],
    [
      'length with coding in a response',
      'response',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'content-length-and-transfer-encoding',
    ],
  ]
}

test.each(['GET / HTTP/1.1\nHost: x\n\n', 'GET / HTTP/1.1\r\nHost: x\n\r\n', '\n\nGET / HTTP/1.1\r\n\r\n'])(
  'refuses bare line feeds in %j',
  text => {
    for (const step of [1, 5, 1000]) expect(new Recorder('request').feed(text, step).problem).not.toBeNull()
  },
)

test('limits hold for heads that come at once, in pieces, and for trailers', () => {
  const big = `GET / HTTP/1.1\r\nx: ${'a'.repeat(300)}\r\n\r\n`
  const trailers = `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ${'a'.repeat(300)}\r\n\r\n`
  for (const step of [1, 50, 1000]) {
    expect(new Recorder('request', 200).feed(big, step).problem).toBe('head-too-large')
    expect(new Recorder('request', 200).feed(trailers, step).problem).toBe('head-too-large')
    expect(new Recorder('request', 400).feed(big, step).problem).toBeNull()
  }
  const many = `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(101)}\r\n`
  expect(new Recorder('request').feed(many).problem).toBe('too-many-fields')
})

test('a response without length ends with the connection', () => {
  const recorder = new Recorder('response').feed('HTTP/1.1 200 OK\r\n\r\nab')
  recorder.feed('c')
  expect(recorder.messages[0]?.ended).toBe(false)
  expect(recorder.parser.endOfStream()).toBe(true)
  expect(recorder.messages[0]).toMatchObject({ body: 'abc', ended: true })
})

test('an end in the middle of a message is told from an end between two', () => {
  expect(new Recorder('response').feed('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab').parser.endOfStream()).toBe(false)
  expect(new Recorder('request').feed('GET / HT').parser.endOfStream()).toBe(false)
  expect(new Recorder('request').feed('GET / HTTP/1.1\r\n\r\n').parser.endOfStream()).toBe(true)
})

test('the answer to HEAD has no body whatever it says', () => {
  const recorder = new Recorder('response')
  recorder.parser.bodiless = true
  recorder.feed('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')
  expect(recorder.messages[0]).toMatchObject({ body: '', ended: true })
})

test('looks at no byte behind the end of what was read', () => {
  const recorder = new Recorder('request')
  const reused = Buffer.from('\r\nstale bytes of an earlier read', 'latin1')
  expect(recorder.parser.feed(reused, 0, 1)).toBe(1)
  recorder.feed('\nGET /a HTTP/1.1\r\n\r\n')
  expect(recorder.messages.map(message => message.start)).toEqual(['GET /a'])
})
