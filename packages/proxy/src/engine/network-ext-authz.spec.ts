import { CheckResponse } from '@meshwork/protos/envoy/service/auth/v3/external_auth'
import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RbacEngine } from '../filters/rbac/engine.ts'
import { networkExtAuthz, type NetworkExtAuthzConfig } from '../network-filters/ext-authz/index.ts'
import { NETWORK_RBAC, networkRbac } from '../network-filters/rbac/index.ts'
import { compileMetadataMatch } from '../route/match-value.ts'
import { chain, cluster, endpoint, listener, tcpProxy } from './testdata/configs.ts'
import { exchange, Harness } from './testdata/harness.ts'

let harness: Harness
let service: Http2Server
let asked = 0
let reached = 0

beforeEach(async () => {
  harness = new Harness()
  asked = 0
  reached = 0
  const upstream = await harness.tcpServer(socket => {
    reached++
    socket.on('data', part => socket.end(`got ${part.toString()}`))
  })
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
})

afterEach(async () => {
  service?.close()
  await harness.close()
})

/** A service that answers all checks alike; undefined: without a message. */
async function authorizer(code: number | undefined): Promise<void> {
  service = createServer()
  service.on('stream', (stream: ServerHttp2Stream) => {
    asked++
    stream.resume()
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': code === undefined ? '14' : '0' }))
    if (code === undefined) {
      stream.end()
      return
    }
    const message = CheckResponse.encode(CheckResponse.fromPartial({ status: { code } })).finish()
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(message.length, 1)
    stream.end(Buffer.concat([prefix, message]))
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const address = service.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  harness.engine.setCluster(cluster('authz', [endpoint(port)], { protocol: 'http2' }))
}

function config(over: Partial<NetworkExtAuthzConfig> = {}): NetworkExtAuthzConfig {
  return {
    statPrefix: 'tcp.',
    service: { kind: 'grpc', cluster: 'authz', authority: 'authz', timeoutMs: 1000, initialMetadata: [] },
    failureModeAllow: false,
    includesCertificate: true,
    includesTls: true,
    enabledMetadata: null,
    ...over,
  }
}

async function answerThrough(over: Partial<NetworkExtAuthzConfig> = {}): Promise<string> {
  const port = await harness.listen(listener('in', [chain(tcpProxy('a'), { filters: [networkExtAuthz(config(over))] })]))
  return exchange(port, ['x']).catch(() => '')
}

test('a connection goes on when the service says so, with what it sent meanwhile', async () => {
  await authorizer(0)
  expect(await answerThrough()).toBe('got x')
  expect(harness.counter('ext_authz.tcp.ok')).toBe(1)
})

test('a refused connection never reaches the upstream', async () => {
  await authorizer(7)
  expect(await answerThrough()).toBe('')
  expect([asked, reached]).toEqual([1, 0])
  expect([harness.counter('ext_authz.tcp.denied'), harness.counter('ext_authz.tcp.cx_closed')]).toEqual([1, 1])
})

test.each([
  [false, '', 0],
  [true, 'got x', 1],
])('a service that fails: failure_mode_allow %s', async (failureModeAllow, answer, upstreams) => {
  await authorizer(undefined)
  expect(await answerThrough({ failureModeAllow })).toBe(answer)
  expect([harness.counter('ext_authz.tcp.error'), reached]).toEqual([1, upstreams])
})

test('without a cluster of that name nobody is asked and the connection ends', async () => {
  expect(await answerThrough()).toBe('')
  expect(reached).toBe(0)
})

test.each([
  [80, 0],
  [1, 1],
])('only connections that rules mark are asked about: rules for port below %d', async (limit, checks) => {
  await authorizer(0)
  const shadow = new RbacEngine({
    action: 'deny',
    policies: [
      {
        name: 'istio-ext-authz-p-rule',
        permissions: [{ kind: 'not', of: { kind: 'destination-port', start: 0, end: limit === 1 ? 1 : 65_536 } }],
        principals: [{ kind: 'any' }],
      },
    ],
  })
  const marked = compileMetadataMatch({
    filter: NETWORK_RBAC,
    path: ['p_shadow_effective_policy_id'],
    value: { kind: 'string', match: { kind: 'prefix', value: 'istio-ext-authz-p-', ignoreCase: false } },
    invert: false,
  })
  const filters = [
    networkRbac({ statPrefix: 'tcp.', shadowPrefix: 'p_', enforced: null, shadow }),
    networkExtAuthz(config({ enabledMetadata: marked })),
  ]
  const port = await harness.listen(listener('in', [chain(tcpProxy('a'), { filters })]))
  expect(await exchange(port, ['x'])).toBe('got x')
  expect([asked, harness.counter('ext_authz.tcp.disabled')]).toEqual([checks, 1 - checks])
})
