/** A request whose end two readers may see in different places, or that HTTP/1.1 forbids (RFC 9112). `HOST` stands for the authority. */
export interface Smuggled {
  readonly name: string
  readonly bytes: string
  /** The answer when it is not 400. */
  readonly status?: number
}

function post(name: string, headers: readonly string[], body: string): Smuggled {
  return { name, bytes: ['POST /attack HTTP/1.1', 'Host: HOST', ...headers, '', body].join('\r\n') }
}

function chunked(name: string, body: string): Smuggled {
  return post(name, ['Transfer-Encoding: chunked'], body)
}

function get(name: string, headers: readonly string[], line: string = 'GET /attack HTTP/1.1'): Smuggled {
  return { name, bytes: [line, ...headers, '', ''].join('\r\n') }
}

const END = '0\r\n\r\n'

const LENGTHS: readonly Smuggled[] = [
  ...['+5', '-5', '0x5', '5,6', '5, 5, 6', '5 5', '', 'five', '5;', '1e1', '99999999999999999999999', '5\x0b'].map(value =>
    post(`content-length "${value}"`, [`Content-Length: ${value}`], 'hello'),
  ),
  post('two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello'),
  post('length of zero and of five', ['Content-Length: 0', 'Content-Length: 5'], 'hello'),
  post('space before the colon', ['Content-Length : 5'], 'hello'),
  post('tab before the colon', ['Content-Length\t: 5'], 'hello'),
]

const ENCODINGS: readonly Smuggled[] = [
  post('CL.TE', ['Content-Length: 6', 'Transfer-Encoding: chunked'], `${END}G`),
  post('TE.CL', ['Transfer-Encoding: chunked', 'Content-Length: 4'], `5c\r\nGPOST / HTTP/1.1\r\n\r\n${END}`),
  ...['chunked\x0b', '\x0bchunked'].map(value => post(`transfer-encoding "${value}"`, [`Transfer-Encoding: ${value}`], END)),
  // A coding that is well-formed and not understood (RFC 9112 section 6.1).
  ...['xchunked', 'chunked, identity', 'identity, chunked', 'chunked, chunked', 'gzip', '"chunked"', 'chunked;q=1', 'identity', ','].map(
    value => ({ ...post(`transfer-encoding "${value}"`, [`Transfer-Encoding: ${value}`], END), status: 501 }),
  ),
  post('two encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], END),
  post('space before the colon of the encoding', ['Transfer-Encoding : chunked'], END),
  post('folded encoding', ['Transfer-Encoding:', ' chunked'], END),
  post('folded header', ['X-A: b', ' Transfer-Encoding: chunked'], END),
  post('encoding behind a bare CR', ['X-A: b\rTransfer-Encoding: chunked'], END),
  post('encoding behind a NUL', ['X-A: b\0Transfer-Encoding: chunked'], END),
  { name: 'encoding in HTTP/1.0', bytes: `POST /attack HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n${END}` },
]

const CHUNKS: readonly Smuggled[] = [
  chunked('size with 0x', `0x5\r\nhello\r\n${END}`),
  chunked('size with a sign', `+5\r\nhello\r\n${END}`),
  chunked('negative size', `-1\r\nhello\r\n${END}`),
  chunked('size with a leading space', ` 5\r\nhello\r\n${END}`),
  chunked('empty size', `\r\nhello\r\n${END}`),
  chunked('size beyond 64 bits', `FFFFFFFFFFFFFFFFF\r\nhello\r\n${END}`),
  chunked('size wrapping 64 bits', `10000000000000005\r\nhello\r\n${END}`),
  chunked('size ended by LF', `5\nhello\r\n${END}`),
  chunked('extension with LF', `5;a\nhello\r\n${END}`),
  chunked('data without CRLF', `5\r\nhello${END}`),
  chunked('data longer than its size', `5\r\nhelloo\r\n${END}`),
  chunked('size with an underscore', `5_\r\nhello\r\n${END}`),
]

const LINES: readonly Smuggled[] = [
  get('no host', []),
  get('two hosts', ['Host: HOST', 'Host: other']),
  get('host with a space', ['Host: a b']),
  get('space in the target', ['Host: HOST'], 'GET /attack /other HTTP/1.1'),
  get('control character in the target', ['Host: HOST'], 'GET /att\x01ack HTTP/1.1'),
  get('unknown version', ['Host: HOST'], 'GET /attack HTTP/1.2.3'),
  { ...get('version of HTTP/2', ['Host: HOST'], 'GET /attack HTTP/2.0'), status: 426 },
  get('version in lower case', ['Host: HOST'], 'GET /attack http/1.1'),
  get('method with a control character', ['Host: HOST'], 'GE\x01T /attack HTTP/1.1'),
  get('name with a space', ['Host: HOST', 'X A: b']),
  get('name with a NUL', ['Host: HOST', 'X\0A: b']),
  get('empty name', ['Host: HOST', ': b']),
  get('line without a colon', ['Host: HOST', 'nothing']),
  get('value with a NUL', ['Host: HOST', 'X-A: b\0c']),
  get('first line after a space', ['Host: HOST'], ' GET /attack HTTP/1.1'),
]

export const SMUGGLING_CORPUS: readonly Smuggled[] = [...LENGTHS, ...ENCODINGS, ...CHUNKS, ...LINES]
