import { createServer, type Server } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { get, http2Preface, startByteByByte } from '@meshwork/testkit/attack'
import { bootstrap, cluster, httpFilter, type Json, socketAddress, StaticProxy, tcpFilter, tlsServer } from '@meshwork/testkit/bootstrap'
import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { BackendProcess } from '@meshwork/testkit/faults'
import { freePort } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { rawExchange } from '../mesh/raw-exchange.ts'

const FILTERS = 'type.googleapis.com/envoy.extensions.filters.listener'

/** One port for TLS of two names, HTTP/1.1, HTTP/2 and anything else. */
function sniffing(port: number, a: TestCertificate, b: TestCertificate): Json {
  const listener_filters = ['tls_inspector.v3.TlsInspector', 'http_inspector.v3.HttpInspector'].map(type => ({
    name: type.replace(/\..*/, ''),
    typed_config: { '@type': `${FILTERS}.${type}` },
  }))
  const chain = (match: Json, filter: Json, more: Json = {}): Json => ({ filter_chain_match: match, filters: [filter], ...more })
  return {
    name: 'sniffing',
    address: socketAddress(port),
    listener_filters,
    filter_chains: [
      chain({ server_names: ['a.test'] }, httpFilter('tls-a', 'AUTO'), { transport_socket: tlsServer(a, []) }),
      chain({ server_names: ['b.test'] }, httpFilter('tls-b', 'AUTO'), { transport_socket: tlsServer(b, []) }),
      chain({ transport_protocol: 'raw_buffer', application_protocols: ['http/1.1'] }, httpFilter('http1', 'HTTP1')),
      chain({ transport_protocol: 'raw_buffer', application_protocols: ['h2c'] }, httpFilter('http2', 'HTTP2')),
    ],
    default_filter_chain: { filters: [tcpFilter('opaque')] },
  }
}

describe('a listener that finds out what is spoken', () => {
  const backends = new Map<string, BackendProcess>()
  const echo = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', part => socket.write(`opaque ${part.toString('hex')} `))
  })
  let proxy: StaticProxy
  let relay: Server
  let root = ''

  beforeAll(async () => {
    const names = ['tls-a', 'tls-b', 'http1', 'http2']
    for (const backend of await Promise.all(names.map(name => BackendProcess.start({ name })))) backends.set(backend.name, backend)
    await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
    const ca = await createTestCa()
    root = ca.rootPem
    const port = await freePort()
    const clusters = [...names.map(name => cluster(name, backends.get(name)?.port ?? 0)), cluster('opaque', portOf(echo))]
    proxy = await StaticProxy.start('sniffing', bootstrap([sniffing(port, await ca.issue('a.test'), await ca.issue('b.test'))], clusters))
    relay = await startByteByByte(port, 4000)
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    for (const backend of backends.values()) await backend[Symbol.asyncDispose]()
    relay?.close()
    echo.close()
  })

  it.for([
    ['a.test', 'TLSv1.3', 0],
    ['b.test', 'TLSv1.2', 0],
    // A hello of more than 3 kB.
    ['b.test', 'TLSv1.3', 12],
  ] as const)('[security-38] TLS for %s, %s, in segments of one byte', async ([name, version, protocols]) => {
    const answer = await overTls(name, version, protocols)
    expect(answer).toMatch(new RegExp(String.raw`^HTTP/1\.1 200 [^]*tls-${name[0]} /`))
  })

  it('[security-38] HTTP/1.1, HTTP/2 and neither, in segments of one byte', async () => {
    const http1 = await rawExchange(portOf(relay), ['GET /1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'], 3000)
    expect(http1.text).toMatch(/http1 \/1$/)
    const http2 = await rawExchange(portOf(relay), [Buffer.concat([http2Preface(), get(1)])], 1000)
    expect(http2.text).toContain('http2 /')
    const opaque = await rawExchange(portOf(relay), [Buffer.of(0x16, 0x03, 0x01, 0xff, 0xff, 1, 2, 3)], 1000)
    expect(opaque.text.replaceAll(/opaque | /g, '')).toBe('160301ffff010203')
  })

  it('[security-38] a TLS hello for a name that nobody has is not taken for another', async () => {
    await expect(overTls('c.test', 'TLSv1.3', 0)).rejects.toThrow()
  })

  /** A request over TLS; `protocols`: how many long ALPN protocols are offered. */
  function overTls(servername: string, version: 'TLSv1.2' | 'TLSv1.3', protocols: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        port: portOf(relay),
        host: '127.0.0.1',
        servername,
        ca: root,
        minVersion: version,
        maxVersion: version,
        ...(protocols === 0 ? {} : { ALPNProtocols: Array.from({ length: protocols }, (_, i) => `${i}`.padEnd(250, 'x')) }),
      })
      let answer = ''
      socket.setTimeout(5000, () => socket.destroy(new Error(`silence after ${answer}`)))
      socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'))
      socket.on('data', (part: Buffer) => (answer += part.toString('latin1')))
      socket.once('end', () => resolve(answer))
      socket.once('error', reject)
    })
  }
})

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
