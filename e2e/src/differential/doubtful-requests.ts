import { SMUGGLING_CORPUS } from '../mesh/smuggling-corpus.ts'

/** Bytes that several readers are given. `HOST` stands for the authority, `/attack` for a path of the case's own. */
export interface DoubtfulRequest {
  readonly name: string
  readonly bytes: string
}

function post(name: string, headers: readonly string[], body: string): DoubtfulRequest {
  return { name, bytes: ['POST /attack HTTP/1.1', 'Host: HOST', ...headers, '', body].join('\r\n') }
}

function chunked(name: string, body: string): DoubtfulRequest {
  return post(name, ['Transfer-Encoding: chunked'], body)
}

function get(name: string, headers: readonly string[], line: string = 'GET /attack HTTP/1.1'): DoubtfulRequest {
  return { name, bytes: [line, ...headers, '', ''].join('\r\n') }
}

const END = '0\r\n\r\n'
const HOST = 'Host: HOST'

const LENGTHS: readonly DoubtfulRequest[] = [
  post('a length', ['Content-Length: 5'], 'hello'),
  post('a length with zeros before', ['Content-Length: 00005'], 'hello'),
  post('a length between blanks', ['Content-Length: \t 5 \t'], 'hello'),
  post('a length without a blank', ['content-length:5'], 'hello'),
  post('two equal lengths', ['Content-Length: 5', 'Content-Length: 5'], 'hello'),
  post('a list of equal lengths', ['Content-Length: 5, 5'], 'hello'),
  post('neither length nor coding', [], ''),
  post('a length of nothing', ['Content-Length: 0'], ''),
  { name: 'GET with a body', bytes: `GET /attack HTTP/1.1\r\n${HOST}\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'HEAD with a body', bytes: `HEAD /attack HTTP/1.1\r\n${HOST}\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'DELETE with chunks', bytes: `DELETE /attack HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n${END}` },
  post('an empty line too many after the body', ['Content-Length: 5'], 'hello\r\n'),
  post('a line feed after the body', ['Content-Length: 5'], 'hello\n'),
]

const CODINGS: readonly DoubtfulRequest[] = [
  post('chunked in capitals', ['Transfer-Encoding: CHUNKED'], `5\r\nhello\r\n${END}`),
  post('chunked between blanks', ['Transfer-Encoding: \t chunked \t'], `5\r\nhello\r\n${END}`),
  post('chunked behind an empty element', ['Transfer-Encoding: , chunked'], `5\r\nhello\r\n${END}`),
  post('chunked before an empty element', ['Transfer-Encoding: chunked,'], `5\r\nhello\r\n${END}`),
  post('an empty coding', ['Transfer-Encoding:'], ''),
  post('an empty coding and a length', ['Transfer-Encoding:', 'Content-Length: 5'], 'hello'),
  post('gzip, chunked', ['Transfer-Encoding: gzip, chunked'], `5\r\nhello\r\n${END}`),
  post('two lines of chunked', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `5\r\nhello\r\n${END}`),
  post('a coding with an underscore', ['Transfer_Encoding: chunked', 'Content-Length: 5'], 'hello'),
  post('a coding that Connection names', ['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], `5\r\nhello\r\n${END}`),
  post('a length that Connection names', ['Connection: content-length', 'Content-Length: 5'], 'hello'),
]

const CHUNKS: readonly DoubtfulRequest[] = [
  chunked('chunks', `5\r\nhello\r\n${END}`),
  chunked('sizes in capitals, with zeros before', `00A\r\nhellohello\r\n000000\r\n\r\n`),
  chunked('an extension', `5;a=b\r\nhello\r\n${END}`),
  chunked('a quoted extension', `5;a="b\\"c;d"\r\nhello\r\n${END}`),
  chunked('an extension without a name', `5;\r\nhello\r\n${END}`),
  chunked('an extension after a blank', `5 ;a\r\nhello\r\n${END}`),
  chunked('a size before a blank', `5 \r\nhello\r\n${END}`),
  chunked('an extension of 5,000 bytes', `5;${'a'.repeat(5000)}\r\nhello\r\n${END}`),
  chunked('an extension with a NUL', `5;a\0b\r\nhello\r\n${END}`),
  chunked('an extension with a bare CR', `5;a\rb\r\nhello\r\n${END}`),
  chunked('an end by line feeds', '5\r\nhello\r\n0\n\n'),
  chunked('trailers', `5\r\nhello\r\n0\r\nX-A: b\r\n\r\n`),
  chunked('a length in trailers', `5\r\nhello\r\n0\r\nContent-Length: 44\r\n\r\n`),
  chunked('a folded trailer', `5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n`),
  chunked('a trailer without a colon', `5\r\nhello\r\n0\r\nnothing\r\n\r\n`),
  chunked('a trailer ended by a line feed', `5\r\nhello\r\n0\r\nX-A: b\n\r\n`),
  chunked('many zeros as the last size', `5\r\nhello\r\n${'0'.repeat(30)}\r\n\r\n`),
]

const LINES: readonly DoubtfulRequest[] = [
  get('a plain request', [HOST]),
  get('an empty line before', [HOST], '\r\nGET /attack HTTP/1.1'),
  get('a line feed before', [HOST], '\nGET /attack HTTP/1.1'),
  get('two spaces after the method', [HOST], 'GET  /attack HTTP/1.1'),
  get('two spaces before the version', [HOST], 'GET /attack  HTTP/1.1'),
  get('a tab after the method', [HOST], 'GET\t/attack HTTP/1.1'),
  get('a space after the version', [HOST], 'GET /attack HTTP/1.1 '),
  get('no version', [HOST], 'GET /attack'),
  get('HTTP/1.0', [HOST, 'Connection: keep-alive'], 'GET /attack HTTP/1.0'),
  get('HTTP/1.2', [HOST], 'GET /attack HTTP/1.2'),
  get('HTTP/1.10', [HOST], 'GET /attack HTTP/1.10'),
  get('HTTP/01.1', [HOST], 'GET /attack HTTP/01.1'),
  get('HTTP/3.0', [HOST], 'GET /attack HTTP/3.0'),
  get('absolute form', [HOST], 'GET http://HOST/attack HTTP/1.1'),
  get('absolute form of another host', ['Host: other.test'], 'GET http://HOST/attack HTTP/1.1'),
  get('absolute form without a host field', [], 'GET http://HOST/attack HTTP/1.1'),
  get('absolute form of another scheme', [HOST], 'GET ftp://HOST/attack HTTP/1.1'),
  get('a target without a slash', [HOST], 'GET attack HTTP/1.1'),
  get('a fragment', [HOST], 'GET /attack#x HTTP/1.1'),
  get('a backslash', [HOST], 'GET /attack\\x HTTP/1.1'),
  get('0x80 in the target', [HOST], 'GET /attack\x80 HTTP/1.1'),
  get('a quotation mark in the target', [HOST], 'GET /attack"<> HTTP/1.1'),
  get('a percent sign and nothing', [HOST], 'GET /attack% HTTP/1.1'),
  get('%00 in the target', [HOST], 'GET /attack%00 HTTP/1.1'),
  get('dots in the target', [HOST], 'GET /attack/../b HTTP/1.1'),
  get('a method in lower case', [HOST], 'get /attack HTTP/1.1'),
  get('a method of one letter', [HOST], 'G /attack HTTP/1.1'),
  get('a method that nobody knows', [HOST], 'SMUGGLE /attack HTTP/1.1'),
  get('a method with a colon', [HOST], 'GET: /attack HTTP/1.1'),
  get('TRACE', [HOST], 'TRACE /attack HTTP/1.1'),
  get('a target of 9,000 bytes', [HOST], `GET /attack?${'a'.repeat(9000)} HTTP/1.1`),
]

const FIELDS: readonly DoubtfulRequest[] = [
  get('an empty value', [HOST, 'X-A:']),
  get('an underscore in a name', [HOST, 'X_A: b']),
  get('every token character in a name', [HOST, "!#$%&'*+-.^_`|~09az: b"]),
  get('a parenthesis in a name', [HOST, 'X(A): b']),
  get('a value with a tab', [HOST, 'X-A: b\tc']),
  get('a value with 0x80', [HOST, 'X-A: \x80\xff']),
  get('a value with 0x7f', [HOST, 'X-A: b\x7fc']),
  get('a value with 0x01', [HOST, 'X-A: b\x01c']),
  get('a value ending in a bare CR', [HOST, 'X-A: b\r']),
  get('a fold', [HOST, 'X-A: b', ' c']),
  get('a fold of blanks only', [HOST, 'X-A: b', '  ']),
  get('a blank before the first field', [` ${HOST}`]),
  get('a line of a blank', [HOST, ' ', 'X-A: b']),
  get('one host twice', [HOST, HOST]),
  get('an empty host', ['Host:']),
  get('a host with a slash', ['Host: HOST/x']),
  get('a host with user information', ['Host: a@HOST']),
  get('a host with a comma', ['Host: HOST, other.test']),
  get('a host with a port', ['Host: HOST:80']),
  get('a host with a port that is none', ['Host: HOST:8x']),
  get('a host with a port beyond 16 bits', ['Host: HOST:65536']),
  get('close', [HOST, 'Connection: close']),
  get('a value of 7,000 bytes', [HOST, `X-A: ${'a'.repeat(7000)}`]),
  get('90 fields', [HOST, ...Array.from({ length: 90 }, (_, i) => `X-${i}: b`)]),
  get('Expect of something else', [HOST, 'Expect: 200-ok']),
  get('HTTP2-Settings', [HOST, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']),
  { name: 'line feeds only', bytes: 'GET /attack HTTP/1.1\nHost: HOST\n\n' },
  { name: 'a line feed after the request line', bytes: 'GET /attack HTTP/1.1\nHost: HOST\r\n\r\n' },
  { name: 'a line feed after a field', bytes: 'GET /attack HTTP/1.1\r\nHost: HOST\nX-A: b\r\n\r\n' },
  { name: 'a line feed for the empty line', bytes: 'GET /attack HTTP/1.1\r\nHost: HOST\r\n\n' },
  { name: 'carriage returns only', bytes: 'GET /attack HTTP/1.1\rHost: HOST\r\r' },
]

/** What proxies and servers are known to read in different ways (RFC 9112 11.2), and the forms beside it that all must read alike. */
export const DOUBTFUL_REQUESTS: readonly DoubtfulRequest[] = [
  ...SMUGGLING_CORPUS.map(({ name, bytes }) => ({ name: `refused: ${name}`, bytes })),
  ...LENGTHS,
  ...CODINGS,
  ...CHUNKS,
  ...LINES,
  ...FIELDS,
]
