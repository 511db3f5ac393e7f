const GET = 'GET /canary HTTP/1.1\r\nHost: x\r\n\r\n'

function post(fields: string, body: string): string {
  return `POST /first HTTP/1.1\r\nHost: x\r\n${fields}\r\n${body}${GET}`
}

/**
 * Bytes by which two parsers were brought to disagree on where a request ends (RFC 9112 11.2), each with a request behind it
 * that must not get through. All are to be refused, and the connection closed.
 */
export const REFUSED: readonly (readonly [name: string, bytes: string])[] = [
  ['length and coding', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['coding and length', post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n', '0\r\n\r\n')],
  ['two lengths', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd')],
  ['two equal lengths', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc')],
  ['a list of lengths', post('Content-Length: 3, 3\r\n', 'abc')],
  ['a signed length', post('Content-Length: +3\r\n', 'abc')],
  ['a negative length', post('Content-Length: -1\r\n', '')],
  ['a hexadecimal length', post('Content-Length: 0x3\r\n', 'abc')],
  ['a length with a space inside', post('Content-Length: 1 2\r\n', 'abcdefghijkl')],
  ['an empty length', post('Content-Length: \r\n', '')],
  ['a length beyond all numbers', post('Content-Length: 99999999999999999999\r\n', 'a')],
  ['a coding with a tab in its name', post('Transfer-Encoding\t: chunked\r\n', '0\r\n\r\n')],
  ['a coding with a space before the colon', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
  ['a coding after a vertical tab', post('Transfer-Encoding: \vchunked\r\n', '0\r\n\r\n')],
  ['xchunked', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
  ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['identity before chunked', post('Transfer-Encoding: identity, chunked\r\n', '0\r\n\r\n')],
  ['chunked before identity', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
  ['a quoted coding', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n')],
  ['a folded coding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
  ['a coding in HTTP/1.0', `POST /first HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GET}`],
  ['a chunk size that is none', post('Transfer-Encoding: chunked\r\n', 'zz\r\nab\r\n0\r\n\r\n')],
  ['a chunk size with 0x', post('Transfer-Encoding: chunked\r\n', '0x2\r\nab\r\n0\r\n\r\n')],
  ['a negative chunk size', post('Transfer-Encoding: chunked\r\n', '-1\r\nab\r\n0\r\n\r\n')],
  ['a chunk size beyond all numbers', post('Transfer-Encoding: chunked\r\n', 'ffffffffffffffffff\r\nab')],
  ['a chunk that is longer than it says', post('Transfer-Encoding: chunked\r\n', '2\r\nabXX0\r\n\r\n')],
  ['a chunk size ended by a line feed', post('Transfer-Encoding: chunked\r\n', '2\nab\r\n0\r\n\r\n')],
  ['chunk data ended by a line feed', post('Transfer-Encoding: chunked\r\n', '2\r\nab\n0\r\n\r\n')],
  ['a line feed in a chunk extension', post('Transfer-Encoding: chunked\r\n', '2;\nxx\r\nab\r\n0\r\n\r\n')],
  ['a folded field', `GET /first HTTP/1.1\r\nHost: x\r\nX-A: one\r\n two\r\n\r\n${GET}`],
  ['a bare line feed between fields', `GET /first HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n${GET}`],
  ['bare line feeds only', `GET /first HTTP/1.1\nHost: x\n\n${GET}`],
  ['a bare carriage return in a value', `GET /first HTTP/1.1\r\nHost: x\r\nX-A: b\rGET /canary HTTP/1.1\r\n\r\n${GET}`],
  ['NUL in a value', `GET /first HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n${GET}`],
  ['NUL in a name', `GET /first HTTP/1.1\r\nHost: x\r\nX\0A: a\r\n\r\n${GET}`],
  ['a space in a name', `GET /first HTTP/1.1\r\nHost: x\r\nBad Name: v\r\n\r\n${GET}`],
  ['an empty name', `GET /first HTTP/1.1\r\nHost: x\r\n: v\r\n\r\n${GET}`],
  ['a line without a colon', `GET /first HTTP/1.1\r\nHost: x\r\nnocolon\r\n\r\n${GET}`],
  ['a space before the first field', `GET /first HTTP/1.1\r\n Host: x\r\n\r\n${GET}`],
  ['two hosts', `GET /first HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${GET}`],
  ['no host', `GET /first HTTP/1.1\r\nX-A: 1\r\n\r\n${GET}`],
  ['a host with user information', `GET /first HTTP/1.1\r\nHost: y@x\r\n\r\n${GET}`],
  ['a space in the target', `GET /first /second HTTP/1.1\r\nHost: x\r\n\r\n${GET}`],
  ['a fragment in the target', `GET /first#/second HTTP/1.1\r\nHost: x\r\n\r\n${GET}`],
  ['HTTP/0.9', `GET /first\r\n\r\n${GET}`],
  ['HTTP/1.10', `GET /first HTTP/1.10\r\nHost: x\r\n\r\n${GET}`],
  ['a lower-case version', `GET /first http/1.1\r\nHost: x\r\n\r\n${GET}`],
  ['a method that is no token', `G{T /first HTTP/1.1\r\nHost: x\r\n\r\n${GET}`],
  ['an unknown method', `SMUGGLE /first HTTP/1.1\r\nHost: x\r\n\r\n${GET}`],
]
