/** Bytes with which an upstream answers. */
export interface DoubtfulResponse {
  readonly name: string
  readonly bytes: string
  /** Closes behind them. */
  readonly closes?: boolean
  /** Default: GET. */
  readonly method?: 'GET' | 'HEAD'
}

function answer(name: string, headers: readonly string[], body: string, line: string = 'HTTP/1.1 200 OK'): DoubtfulResponse {
  return { name, bytes: [line, ...headers, '', body].join('\r\n') }
}

function chunked(name: string, body: string): DoubtfulResponse {
  return answer(name, ['Transfer-Encoding: chunked'], body)
}

function line(name: string, text: string): DoubtfulResponse {
  return answer(name, ['Content-Length: 5'], 'hello', text)
}

const END = '0\r\n\r\n'
const LENGTH = 'Content-Length: 5'
/** A whole answer of its own, which nobody asked for. */
const SECOND = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled'

const LENGTHS: readonly DoubtfulResponse[] = [
  answer('a length', [LENGTH], 'hello'),
  ...['+5', '-5', '0x5', '5 5', '5, 5', '5, 6', '', 'five', '99999999999999999999999'].map(value =>
    answer(`content-length "${value}"`, [`Content-Length: ${value}`], 'hello'),
  ),
  answer('a length with zeros before', ['Content-Length: 005'], 'hello'),
  answer('two equal lengths', [LENGTH, LENGTH], 'hello'),
  answer('two lengths', [LENGTH, 'Content-Length: 6'], 'hello'),
  { ...answer('less than its length', ['Content-Length: 50'], 'hello'), closes: true },
  { ...answer('neither length nor coding', [], 'hello'), closes: true },
  answer('a second answer behind it', [LENGTH], `hello${SECOND}`),
  answer('bytes behind it', [LENGTH], 'helloworld'),
]

const CODINGS: readonly DoubtfulResponse[] = [
  answer('coding and length', ['Transfer-Encoding: chunked', LENGTH], `5\r\nhello\r\n${END}`),
  answer('length and coding', [LENGTH, 'Transfer-Encoding: chunked'], `5\r\nhello\r\n${END}`),
  ...['xchunked', 'identity', 'chunked, identity', 'chunked, chunked', '"chunked"', '\x0bchunked'].map(value => ({
    ...answer(`transfer-encoding "${value}"`, [`Transfer-Encoding: ${value}`], `5\r\nhello\r\n${END}`),
    closes: true,
  })),
  { ...answer('a coding in HTTP/1.0', ['Transfer-Encoding: chunked'], `5\r\nhello\r\n${END}`, 'HTTP/1.0 200 OK'), closes: true },
  chunked('chunks', `5\r\nhello\r\n${END}`),
  chunked('an extension', `5;a=b\r\nhello\r\n${END}`),
  chunked('a size with 0x', `0x5\r\nhello\r\n${END}`),
  chunked('a size before a blank', `5 \r\nhello\r\n${END}`),
  chunked('a size ended by LF', `5\nhello\r\n${END}`),
  chunked('data longer than its size', `5\r\nhelloo\r\n${END}`),
  chunked('data ended by LF', `5\r\nhello\n${END}`),
  chunked('a size wrapping 64 bits', `10000000000000005\r\nhello\r\n${END}`),
  chunked('trailers', '5\r\nhello\r\n0\r\nX-A: b\r\n\r\n'),
  chunked('a second answer behind the chunks', `5\r\nhello\r\n${END}${SECOND}`),
  { ...chunked('no last chunk', '5\r\nhello\r\n'), closes: true },
]

const STATUSES: readonly DoubtfulResponse[] = [
  line('no reason', 'HTTP/1.1 200'),
  line('an empty reason', 'HTTP/1.1 200 '),
  line('a status of two digits', 'HTTP/1.1 20 OK'),
  line('a status of four digits', 'HTTP/1.1 2000 OK'),
  line('a status that is no number', 'HTTP/1.1 2x0 OK'),
  line('two spaces', 'HTTP/1.1  200 OK'),
  line('a tab', 'HTTP/1.1\t200 OK'),
  line('no space behind the status', 'HTTP/1.1 200OK'),
  line('HTTP/1.2', 'HTTP/1.2 200 OK'),
  line('HTTP/2.0', 'HTTP/2.0 200 OK'),
  line('lower case', 'http/1.1 200 OK'),
  line('another protocol', 'ICY 200 OK'),
  line('an empty line before', '\r\nHTTP/1.1 200 OK'),
  { ...line('HTTP/1.0', 'HTTP/1.0 200 OK'), closes: true },
  { name: 'no head', bytes: 'hello', closes: true },
  answer('204 with a body', [LENGTH], `hello`, 'HTTP/1.1 204 No Content'),
  answer('204 and an answer behind it', [], SECOND, 'HTTP/1.1 204 No Content'),
  answer('304 with a length', [LENGTH], '', 'HTTP/1.1 304 Not Modified'),
  answer('304 with a body', [LENGTH], 'hello', 'HTTP/1.1 304 Not Modified'),
  { ...answer('HEAD with a length', [LENGTH], ''), method: 'HEAD' },
  { ...answer('HEAD with a body', [LENGTH], 'hello'), method: 'HEAD' },
  { ...answer('HEAD with chunks', ['Transfer-Encoding: chunked'], `5\r\nhello\r\n${END}`), method: 'HEAD' },
  { name: '100 before it', bytes: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' },
  { name: '103 before it', bytes: 'HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' },
  {
    name: '100 with a length',
    bytes: 'HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  },
  {
    name: '101 that nobody asked for',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello',
    closes: true,
  },
]

const FIELDS: readonly DoubtfulResponse[] = [
  answer('a space before the colon', ['Content-Length : 5'], 'hello'),
  answer('a space in a name', [LENGTH, 'X A: b'], 'hello'),
  answer('an empty name', [LENGTH, ': b'], 'hello'),
  answer('a line without a colon', [LENGTH, 'nothing'], 'hello'),
  answer('a fold', [LENGTH, 'X-A: b', ' c'], 'hello'),
  answer('a NUL in a value', [LENGTH, 'X-A: b\0c'], 'hello'),
  answer('a bare CR in a value', [LENGTH, 'X-A: b\rc'], 'hello'),
  answer('0x01 in a value', [LENGTH, 'X-A: b\x01c'], 'hello'),
  answer('0x80 in a value', [LENGTH, 'X-A: \x80'], 'hello'),
  answer('a blank before the first field', [` ${LENGTH}`], 'hello'),
  answer('a field that Connection names', ['Connection: X-A', LENGTH, 'X-A: b'], 'hello'),
  { name: 'line feeds only', bytes: 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello' },
  { name: 'a line feed after a field', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 5\nX-A: b\r\n\r\nhello' },
]

/** Answers that readers of HTTP/1.1 are known to take in different ways, and sound ones beside them. */
export const DOUBTFUL_RESPONSES: readonly DoubtfulResponse[] = [...LENGTHS, ...CODINGS, ...STATUSES, ...FIELDS]
