import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RbacEngine } from '../filters/rbac/engine.ts'
import type { RbacRules } from '../filters/rbac/rules.ts'
import { networkRbac } from '../network-filters/rbac/index.ts'
import { httpInspector } from '../listener-filters/http-inspector/index.ts'
import { originalDst } from '../listener-filters/original-dst/index.ts'
import { tlsInspector } from '../listener-filters/tls-inspector/index.ts'
import {
  ANY,
  chain,
  cluster,
  endpoint,
  listener,
  manager,
  route,
  routeAction,
  routeTable,
  tcpProxy,
  virtualHost,
} from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

function echoServer(): Promise<number> {
  return harness.tcpServer(socket => {
    socket.on('data', part => socket.write(part))
    socket.on('end', () => socket.end('bye'))
  })
}

test('bytes both ways, and a half-close passes through', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await echoServer())]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a'))]))
  expect(await exchange(port, ['hello'], undefined, true)).toBe('hellobye')
  await delay(20)
  expect(harness.counter('tcp.tcp.downstream_cx_total')).toBe(1)
  expect(harness.counter('tcp.tcp.downstream_cx_active')).toBe(0)
  expect(harness.counter('cluster.a.upstream_cx_active')).toBe(0)
})

test('a server that speaks first, also behind inspection with a time limit', async () => {
  const banner = await harness.tcpServer(socket => socket.end('220 welcome\r\n'))
  harness.engine.setCluster(cluster('a', [endpoint(banner)]))
  const plain = await harness.listen(listener('plain', [chain(tcpProxy('a'))]))
  expect(await exchange(plain, [])).toBe('220 welcome\r\n')
  const inspected = await harness.listen(
    listener('inspected', [chain(tcpProxy('a'))], {
      listenerFilters: [tlsInspector, httpInspector],
      inspectionTimeoutMs: 100,
      continueOnTimeout: true,
    }),
  )
  expect(await exchange(inspected, [])).toBe('220 welcome\r\n')
})

test('HTTP and opaque bytes on one port are told apart', async () => {
  const { port: web } = await harness.httpServer((_request, response) => response.end('web'))
  harness.engine.setCluster(cluster('web', [endpoint(web)]))
  harness.engine.setCluster(cluster('a', [endpoint(await echoServer())]))
  const http = manager({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [route('/', routeAction([['web', 1]]))])]) })
  const port = await harness.listen(
    listener('both', [chain(http, { match: { ...ANY, applicationProtocols: ['http/1.0', 'http/1.1', 'h2c'] } }), chain(tcpProxy('a'))], {
      listenerFilters: [httpInspector],
    }),
  )
  expect((await get(port)).body).toBe('web')
  expect(await exchange(port, ['\x00\x01opaque'], undefined, true)).toBe('\x00\x01opaquebye')
})

test('30 MB through a slow reader arrive whole', async () => {
  const size = 30 * 1024 * 1024
  const block = Buffer.from(Uint8Array.from({ length: 65_536 }, (_, i) => i % 253))
  const source = await harness.tcpServer(socket => {
    let sent = 0
    const more = (): void => {
      while (sent < size) {
        sent += block.length
        if (!socket.write(block)) {
          socket.once('drain', more)
          return
        }
      }
      socket.end()
    }
    more()
  })
  harness.engine.setCluster(cluster('a', [endpoint(source)]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a'))]))
  const socket = connect(port, '127.0.0.1')
  let received = 0
  let wrong = 0
  socket.on('data', (part: Buffer) => {
    for (let i = 0; i < part.length; i += 997) if (part[i] !== ((received + i) % 65_536) % 253) wrong++
    received += part.length
    if (received < 2_000_000) {
      socket.pause()
      setTimeout(() => socket.resume(), 5)
    }
  })
  await new Promise(resolve => socket.on('close', resolve))
  expect(received).toBe(size)
  expect(wrong).toBe(0)
})

test('refused upstreams, idle time and the access log', async () => {
  const path = join(tmpdir(), `meshwork-tcp-${process.pid}-${Math.random()}.log`)
  const accessLog = [
    {
      filter: null,
      sink: { kind: 'file', path },
      format: { kind: 'text', template: '%RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %BYTES_RECEIVED% %BYTES_SENT%\n', omitEmpty: false },
    },
  ] as const
  harness.engine.setCluster(cluster('dead', [endpoint(1)]))
  harness.engine.setCluster(cluster('a', [endpoint(await echoServer())]))
  const dead = await harness.listen(listener('dead', [chain(tcpProxy('dead', { accessLog }))]))
  expect(await exchange(dead, ['x']).catch(() => '')).toBe('')
  const idle = await harness.listen(listener('idle', [chain(tcpProxy('a', { accessLog, idleTimeoutMs: 200 }))]))
  expect(await exchange(idle, ['abc'])).toBe('abc')
  await delay(250)
  expect((await readFile(path, 'utf8')).split('\n').slice(0, 2)).toEqual(['UF,URX dead 0 0', '- a 3 3'])
  await rm(path)
})

test('a redirected connection goes to the listener of its destination, or on to it', async () => {
  const upstream = await echoServer()
  const destinations: { host: string; port: number }[] = []
  const local = new Harness({ originalDestination: { of: () => destinations.shift() ?? null } })
  try {
    local.engine.setCluster(
      cluster('passthrough', [], { discovery: { kind: 'original-dst', header: null, portOverride: null, cleanupMs: 5000 } }),
    )
    const { port: web } = await harness.httpServer((_request, response) => response.end('web'))
    local.engine.setCluster(cluster('web', [endpoint(web)]))
    const http = manager({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [route('/', routeAction([['web', 1]]))])]) })
    await local.engine.setListener(
      listener('0.0.0.0_80', [chain(http)], { address: { kind: 'tcp', host: '0.0.0.0', port: 80 }, bindToPort: false }),
    )
    const virtual = await local.listen(listener('virtual', [chain(tcpProxy('passthrough'))], { handsOver: true }))
    destinations.push({ host: '10.9.8.7', port: 80 })
    expect((await get(virtual)).body).toBe('web')
    destinations.push({ host: '127.0.0.1', port: upstream })
    expect(await exchange(virtual, ['raw'], undefined, true)).toBe('rawbye')
    // The inbound side restores addresses too, but what comes in is not for a listener of what goes out to the same port.
    const inbound = await local.listen(
      listener('inbound', [chain(tcpProxy('nowhere')), chain(tcpProxy('web'), { match: { ...ANY, destinationPort: 80 } })], {
        listenerFilters: [originalDst],
      }),
    )
    local.engine.setCluster(cluster('web', [endpoint(upstream)]))
    destinations.push({ host: '10.9.8.7', port: 80 })
    expect(await exchange(inbound, ['raw'], undefined, true)).toBe('rawbye')
  } finally {
    await local.close()
  }
})

test('another host is tried when one refuses, as often as is allowed', async () => {
  const closed = await refusedPort()
  harness.engine.setCluster(cluster('a', [endpoint(closed), endpoint(await echoServer())]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a', { maxConnectAttempts: 2 }))]))
  for (let i = 0; i < 4; i++) expect(await exchange(port, ['hello'], /hello/)).toBe('hello')
  harness.engine.setCluster(cluster('b', [endpoint(closed)]))
  const once = await harness.listen(listener('once', [chain(tcpProxy('b', { maxConnectAttempts: 3 }))]))
  expect(await exchange(once, []).catch(() => '')).toBe('')
  expect(harness.counter('cluster.b.upstream_cx_connect_fail')).toBe(3)
  expect(harness.counter('cluster.b.upstream_cx_active')).toBe(0)
})

test('the life of a connection is limited, however busy it is', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await echoServer())]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a', { maxDurationMs: 200 }))]))
  const began = performance.now()
  expect(await exchange(port, ['x']).catch(() => '')).toMatch(/^x?$/)
  expect(performance.now() - began).toBeLessThan(3000)
  expect(harness.counter('tcp.tcp.max_downstream_connection_duration')).toBe(1)
})

test('network rules are applied before an upstream hears of the connection', async () => {
  let accepted = 0
  const upstream = await harness.tcpServer(socket => {
    accepted++
    socket.end('in')
  })
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
  const rules = (address: string): RbacRules => ({
    action: 'allow',
    policies: [
      {
        name: 'p',
        permissions: [{ kind: 'any' }],
        principals: [{ kind: 'source-ip', of: 'direct', range: { address, prefixLength: 32 } }],
      },
    ],
  })
  const rbac = (address: string) =>
    networkRbac({ statPrefix: 'r', shadowPrefix: '', enforced: new RbacEngine(rules(address)), shadow: new RbacEngine(rules('10.0.0.1')) })
  const open = await harness.listen(listener('open', [chain(tcpProxy('a'), { filters: [rbac('127.0.0.1')] })]))
  expect(await exchange(open, [])).toBe('in')
  const shut = await harness.listen(listener('shut', [chain(tcpProxy('a'), { filters: [rbac('127.0.0.2')] })]))
  expect(await exchange(shut, ['x']).catch(() => '')).toBe('')
  expect(accepted).toBe(1)
  expect([harness.counter('r.rbac.allowed'), harness.counter('r.rbac.denied'), harness.counter('r.rbac.shadow_denied')]).toEqual([1, 1, 2])
})

/** A port that nothing listens on. */
async function refusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('bytes go through a tunnel that an HTTP proxy makes, both ways', async () => {
  const asked: string[] = []
  const proxy = await harness.tcpServer(socket => {
    let head = ''
    socket.on('data', part => {
      if (asked.length > 0) {
        socket.write(part)
        return
      }
      head += part.toString('latin1')
      if (!head.endsWith('\r\n\r\n')) return
      asked.push(head)
      socket.write('HTTP/1.1 200 OK\r\n\r\nfirst ')
    })
    socket.on('end', () => socket.end())
  })
  harness.engine.setCluster(cluster('a', [endpoint(proxy)]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a', { tunnelTo: 'target.test:443' }))]))
  expect(await exchange(port, ['hello'], undefined, true)).toBe('first hello')
  expect(asked).toEqual(['CONNECT target.test:443 HTTP/1.1\r\nhost: target.test:443\r\n\r\n'])
})

test('a tunnel that the proxy refuses is a host that cannot be reached', async () => {
  const proxy = await harness.tcpServer(socket => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')))
  harness.engine.setCluster(cluster('a', [endpoint(proxy)]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a', { tunnelTo: 'target.test:443' }))]))
  expect(await exchange(port, ['hello']).catch(() => '')).toBe('')
  expect(harness.counter('cluster.a.upstream_cx_connect_fail')).toBe(1)
  expect(harness.counter('cluster.a.upstream_cx_active')).toBe(0)
})
