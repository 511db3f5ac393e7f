import fc from 'fast-check'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { readClientHello } from './client-hello.ts'

function recordHello(): Promise<Buffer> {
  return new Promise(resolve => {
    const server = createServer(socket => {
      socket.once('data', (bytes: Buffer) => {
        socket.destroy()
        server.close()
        resolve(bytes)
      })
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      connect({ host: '127.0.0.1', port, servername: 'Some.Host.test', ALPNProtocols: ['istio', 'http/1.1'] }).on('error', () => undefined)
    })
  })
}

test('server name and protocols of a real hello, however it is cut', async () => {
  const bytes = await recordHello()
  for (let end = 0; end < bytes.length; end++) expect(readClientHello(bytes.subarray(0, end)).kind).toBe('more')
  expect(readClientHello(bytes)).toEqual({
    kind: 'hello',
    hello: { serverName: 'some.host.test', alpn: ['istio', 'http/1.1'], wantsStaple: false, knowsEcdsa: true },
  })
})

test('other protocols are told at once', () => {
  for (const text of ['GET / HTTP/1.1\r\n', 'PRI * HTTP/2.0', '\x00', '\x16\x02', '\x16\x03\x01\x41\x01']) {
    expect(readClientHello(Buffer.from(text, 'latin1')).kind).toBe('not-tls')
  }
})

test('any bytes have an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const all = Buffer.concat([Buffer.of(22, 3, 1), bytes])
      return ['more', 'not-tls', 'too-large', 'hello'].includes(readClientHello(all).kind)
    }),
    { numRuns: 2000 },
  )
})

test('a hello is a hello also when early data or another record came with it', async () => {
  const bytes = await recordHello()
  const { kind } = readClientHello(Buffer.concat([bytes, Buffer.from([20, 3, 3, 0, 1, 1])]))
  expect(kind).toBe('hello')
})
