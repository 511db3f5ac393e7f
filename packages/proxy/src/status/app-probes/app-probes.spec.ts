import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type Server } from 'node:net'
import type { HttpAnswer } from '@meshwork/core/serve'
import { systemClock } from '@meshwork/core/time'
import { createTestCa } from '@meshwork/testkit/ca'
import { freePort } from '@meshwork/testkit/net'
import { afterEach, describe, expect, test } from 'vitest'
import { appProbePages } from './app-probe-pages.ts'
import { parseAppProbes } from './parse-app-probes.ts'

const PAGE = '/app-health/shop/readyz'
const servers: Server[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => new Promise(resolve => server.close(resolve))))
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What the page of a probe answers. */
async function ask(probe: object, address?: string): Promise<HttpAnswer> {
  const pages = appProbePages({ byPage: parseAppProbes(JSON.stringify({ [PAGE]: probe })), address }, systemClock)
  const page = pages[PAGE]
  if (page === undefined) throw new Error('the probe has no page')
  return page(new URLSearchParams())
}

/** A gRPC server that answers every call with these bytes and this status. */
function grpcServer(body: readonly number[], status: string): Promise<number> {
  const server = createHttp2Server()
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
    stream.end(Buffer.from([0, 0, 0, 0, body.length, ...body]))
  })
  return listening(server)
}

describe('probes that the proxy answers for the application', () => {
  test("HTTP: the status is the application's, asked with its path and headers", async () => {
    let asked: { url?: string; headers?: IncomingHttpHeaders } = {}
    const port = await listening(
      createServer((request, response) => {
        asked = { url: request.url ?? '', headers: request.headers }
        response.writeHead(503).end('not yet')
      }),
    )
    const httpHeaders = [
      { name: 'Host', value: 'shop.example' },
      { name: 'X-Probe', value: '1' },
    ]
    expect(await ask({ httpGet: { port, path: 'ready?full=1', httpHeaders } })).toMatchObject({ status: 503 })
    expect(asked).toMatchObject({ url: '/ready?full=1', headers: { host: 'shop.example', 'x-probe': '1' } })
  })

  test('HTTPS: whatever the certificate says', async () => {
    const { certificateChainPem: cert, privateKeyPem: key } = await (await createTestCa()).issue('elsewhere.example')
    const port = await listening(createHttpsServer({ cert, key }, (_request, response) => response.end('fine')))
    expect(await ask({ httpGet: { port, path: '/', scheme: 'HTTPS' } })).toMatchObject({ status: 200 })
    expect(await ask({ httpGet: { port, path: '/', scheme: 'HTTP' } })).toMatchObject({ status: 500 })
  })

  test('TCP: 200 when somebody listens, 500 with the reason when nobody does', async () => {
    expect(await ask({ tcpSocket: { port: await listening(createTcpServer(socket => socket.end())) } })).toMatchObject({ status: 200 })
    const refused = await ask({ tcpSocket: { port: await freePort() } })
    expect(refused.status).toBe(500)
    expect(refused.body).toContain('ECONNREFUSED')
  })

  test.each([
    ['SERVING', [8, 1], '0', 200],
    ['NOT_SERVING', [8, 2], '0', 500],
    ['an unknown service', [], '5', 500],
  ])('gRPC: %s', async (_what, body, grpcStatus, status) => {
    expect(await ask({ grpc: { port: await grpcServer(body, grpcStatus), service: 'shop' } })).toMatchObject({ status })
  })

  test('an application that does not answer in time is not healthy', async () => {
    const port = await listening(createTcpServer(socket => socket.resume()))
    const answer = await ask({ httpGet: { port, path: '/' }, timeoutSeconds: 0.1 })
    expect(answer).toMatchObject({ status: 500, body: 'no answer within 100 ms\n' })
  })

  test('the application is reached at the address of the pod, from one that interception leaves alone', async () => {
    let from: string | undefined
    const port = await listening(
      createServer((request, response) => {
        from = request.socket.remoteAddress
        response.end()
      }),
    )
    expect(await ask({ httpGet: { port, path: '/' } }, '127.0.0.1')).toMatchObject({ status: 200 })
    expect(from).toBe('127.0.0.6')
  })
})

describe('ISTIO_KUBE_APP_PROBERS', () => {
  test.each([
    ['{', 'the probes are not JSON'],
    [JSON.stringify({ '/admin': {} }), "'/admin' is no page of a probe"],
    [JSON.stringify({ [PAGE]: {} }), `${PAGE}: none of httpGet, tcpSocket and grpc`],
    [JSON.stringify({ [PAGE]: { httpGet: { port: 'http' } } }), `${PAGE}: the port is "http", not a number from 1 to 65535`],
    [JSON.stringify({ [PAGE]: { httpGet: { port: 80, scheme: 'FTP' } } }), "the scheme is 'ftp'"],
    [JSON.stringify({ [PAGE]: { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: '' }] } } }), "'a b' is no header"],
    [JSON.stringify({ [PAGE]: { tcpSocket: { port: 80 }, timeoutSeconds: 0 } }), 'timeoutSeconds is not more than 0'],
  ])('%s is refused', (text, message) => {
    expect(() => parseAppProbes(text)).toThrow(message)
  })
})
