import { readClientHello } from '../../../packages/proxy/src/net/client-hello.ts'
import { readProxyHeader } from '../../../packages/proxy/src/listener-filters/proxy-protocol/parse-header.ts'
import { sniffHttp } from '../../../packages/proxy/src/listener-filters/http-inspector/sniff-http.ts'
import { type FuzzTarget, hold } from '../target.ts'

/** What is read from the start of a connection is decided once: more bytes do not change it, and it comes by the last byte. */
function run(input: Buffer): void {
  decidesOnce(input, bytes => JSON.stringify(readClientHello(bytes)))
  decidesOnce(input, bytes => JSON.stringify(readProxyHeader(bytes)))
  decidesOnce(input, bytes => JSON.stringify({ kind: sniffHttp(bytes) }))
}

const MORE = '{"kind":"more"}'

function decidesOnce(input: Buffer, read: (bytes: Buffer) => string): void {
  for (let size = 0; size < input.length; size++) {
    const outcome = read(input.subarray(0, size))
    if (outcome === MORE) continue
    hold(outcome === read(input), 'what is decided stays')
    return
  }
}

const HELLO = Buffer.from(
  '16030100460100004203030000000000000000000000000000000000000000000000000000000000000000000002130101000017' +
    '0000000600040000016100100009000702683204682f31',
  'hex',
)

export const sniff: FuzzTarget = {
  name: 'sniff',
  seeds: [
    HELLO,
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nx'),
    Buffer.from('0d0a0d0a000d0a515549540a2111000c01020304050607080009000a', 'hex'),
    Buffer.from([22, 3, 1, 0, 1, 1, 22, 3, 1, 0, 1, 0]),
  ],
  words: [Buffer.from([22, 3, 1, 0, 1]), Buffer.from([0, 16, 0, 5, 0, 3, 2, 104, 50]), Buffer.from([0, 0, 0, 5])],
  run,
}
