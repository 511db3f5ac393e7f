import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { REFUSED } from '../http1/testdata/smuggling-corpus.ts'

/** What arrived at the upstream, a text for each connection. */
let arrived: string[] = []
let reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

function startUpstream(): Promise<Server> {
  const server = createServer(socket => {
    const index = arrived.push('') - 1
    socket.on('error', () => undefined)
    socket.on('data', (part: Buffer) => {
      arrived[index] += part.toString('latin1')
      if (arrived[index]?.endsWith('\r\n\r\n') === true) socket.write(reply)
    })
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const address = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } })

function bootstrap(admin: number, port: number, upstream: number, log: string): object {
  const manager = {
    '@type': HCM,
    stat_prefix: 'edge',
    use_remote_address: true,
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    access_log: [
      {
        name: 'file',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
          path: log,
          log_format: { text_format_source: { inline_string: 'LINE "%REQ(:PATH)%" "%REQ(USER-AGENT)%"\n' } },
        },
      },
    ],
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'a' } }] }] },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  }
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }]
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(upstream) } }] }]
  return {
    admin: { address: address(admin) },
    static_resources: {
      listeners: [{ name: 'edge', address: address(port), filter_chains: [{ filters }] }],
      clusters: [{ name: 'a', connect_timeout: '5s', load_assignment: { cluster_name: 'a', endpoints } }],
    },
  }
}

describe('an edge before hostile clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
  const log = join(folder, 'access.log')
  let upstream: Server
  let proxy: Child
  let port = 0

  beforeAll(async () => {
    upstream = await startUpstream()
    const { port: upstreamPort } = upstream.address() as AddressInfo
    const admin = await freePort()
    port = await freePort()
    const file = join(folder, 'bootstrap.json')
    writeFileSync(file, JSON.stringify(bootstrap(admin, port, upstreamPort, log)))
    proxy = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', file] })
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${admin}/ready`)).status).toBe(200), {
      timeout: 30_000,
      interval: 100,
    })
  }, 40_000)

  afterAll(async () => {
    await proxy?.stop()
    upstream?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Sends bytes and collects the answer until the end, or for `waitMs`. */
  function send(bytes: string, waitMs: number): Promise<{ text: string; closed: boolean }> {
    arrived = []
    return new Promise(resolve => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      const finish = (closed: boolean): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve({ text, closed })
      }
      const timer = setTimeout(() => finish(false), waitMs)
      socket.on('data', (part: Buffer) => (text += part.toString('latin1')))
      socket.on('end', () => finish(true))
      socket.on('error', () => finish(true))
      socket.write(Buffer.from(bytes, 'latin1'))
    })
  }

  it.each(REFUSED)('[security-85] %s', async (_name, bytes) => {
    const { text, closed } = await send(bytes, 5000)
    expect(text).toMatch(/^HTTP\/1\.1 (400|426|501) /)
    expect(closed).toBe(true)
    expect(arrived.join('')).not.toContain('canary')
  })

  it.each([
    'x-envoy-internal',
    'x-envoy-downstream-service-cluster',
    'x-envoy-downstream-service-node',
    'x-envoy-force-trace',
    'x-envoy-decorator-operation',
    'x-envoy-max-retries',
    'x-envoy-retry-on',
    'x-envoy-retry-grpc-on',
    'x-envoy-upstream-rq-timeout-ms',
    'x-envoy-upstream-rq-per-try-timeout-ms',
    'x-envoy-upstream-rq-timeout-alt-response',
    'x-envoy-upstream-alt-stat-name',
    'x-envoy-ip-tags',
    'x-envoy-original-path',
    'x-envoy-original-dst-host',
    'x-envoy-attempt-count',
    'x-envoy-hedge-on-per-try-timeout',
    'x-envoy-peer-metadata',
    'x-envoy-peer-metadata-id',
    'x-istio-attributes',
    'x-forwarded-client-cert',
    'x-forwarded-host',
    'x-forwarded-port',
    'sec-istio-authn-payload',
    'istio-sec-8a8b',
  ])('[security-84] %s of a stranger does not get in', async name => {
    const { text } = await send(`GET / HTTP/1.1\r\nHost: x\r\n${name}: 1\r\nConnection: close\r\n\r\n`, 5000)
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(arrived.join('').toLowerCase()).not.toContain(`${name}:`)
  })

  it('[security-84] what the edge finds out itself replaces what a stranger claims', async () => {
    const claims =
      'x-envoy-external-address: 1.1.1.1\r\nx-envoy-expected-rq-timeout-ms: 5\r\nx-forwarded-proto: https\r\nx-request-id: mine\r\n'
    await send(`GET / HTTP/1.1\r\nHost: x\r\n${claims}Connection: close\r\n\r\n`, 5000)
    expect(arrived.join('')).toMatch(/x-envoy-external-address: 127\.0\.0\.1\r\n/)
    expect(arrived.join('')).toMatch(/x-envoy-expected-rq-timeout-ms: 15000\r\n/)
    expect(arrived.join('')).toMatch(/x-forwarded-proto: http\r\n/)
    expect(arrived.join('')).not.toContain('mine')
  })

  const UPGRADE = 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

  it('[security-87] bytes behind an upgrade wait until it is accepted', async () => {
    reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno'
    const refused = await send(`${UPGRADE}GET /canary HTTP/1.1\r\nHost: x\r\n\r\n`, 1500)
    expect(refused.text).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nno$/)
    expect(arrived.join('')).not.toContain('canary')
    reply = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'
    const accepted = await send(`${UPGRADE}early`, 1500)
    expect(accepted.text).toMatch(/^HTTP\/1\.1 101 /)
    expect(arrived.join('')).toMatch(/\r\n\r\nearly$/)
    reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
  })

  it('[security-87] CONNECT that nobody enabled reaches nothing', async () => {
    const { text } = await send('CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\ncanary', 1500)
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(arrived).toEqual([])
  })

  it('[security-101] a log line stays one line, and its quotes are its own', async () => {
    await send('GET /q"x HTTP/1.1\r\nHost: x\r\nUser-Agent: a"b\x9b31mc\\\r\nConnection: close\r\n\r\n', 5000)
    await expect.poll(() => readFileSync(log, 'latin1'), { timeout: 15_000 }).toContain(String.raw`LINE "/q\x22x" "a\x22b\x9b31mc\x5c"`)
    for (const line of readFileSync(log, 'latin1').trimEnd().split('\n')) expect(line).toMatch(/^LINE "[^"]*" "[^"]*"$/)
  })
})
