import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { ManualClock } from '@meshwork/testkit/clock'
import { beforeEach, describe, expect, it } from 'vitest'
import { SnapshotCache } from '../cache/snapshot-cache.ts'
import type { XdsRequest, XdsResponse } from '../types/messages.ts'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'
import { XdsServer } from './server.ts'
import type { ServerStream } from './transport.ts'

const NODE = { id: 'n', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' }
const SHORT = new Map([
  [CLUSTER_TYPE, 'CDS'],
  [ENDPOINT_TYPE, 'EDS'],
  [ROUTE_TYPE, 'RDS'],
])

function named(typeUrl: string, ...names: readonly string[]): readonly XdsResource[] {
  return names.map(name => seal(typeUrl, name, () => Buffer.from(name)))
}

/** `80:a,b`: the table 80 leads to the clusters a and b. */
function table(text: string): readonly XdsResource[] {
  const [name = '', clusters = ''] = text.split(':')
  return [
    seal(
      ROUTE_TYPE,
      name,
      () => Buffer.from(text),
      () => new Set(clusters.split(',')),
    ),
  ]
}

describe.each(['sotw', 'delta'] as const)('%s', variant => {
  let cache: SnapshotCache
  let server: XdsServer
  let stream: ServerStream
  let sent: XdsResponse[]
  let clock: ManualClock
  const last = new Map<string, XdsResponse>()

  beforeEach(async () => {
    cache = new SnapshotCache()
    clock = new ManualClock()
    sent = []
    server = new XdsServer({
      cache,
      clock,
      log: silentLogger,
      hooks: { connected: () => ok('view'), disconnected: () => undefined, acked: () => undefined, nacked: () => undefined },
    })
    stream = server.open({ send: response => (sent.push(response), last.set(response.typeUrl, response), true), end: () => undefined })
    cache.update(
      'view',
      new Map([
        [CLUSTER_TYPE, named(CLUSTER_TYPE, 'a')],
        [ENDPOINT_TYPE, named(ENDPOINT_TYPE, 'a')],
        [ROUTE_TYPE, table('80:a')],
      ]),
    )
    subscribe(CLUSTER_TYPE)
    subscribe(ENDPOINT_TYPE, 'a')
    subscribe(ROUTE_TYPE, '80')
    await turn()
    for (const type of SHORT.keys()) answer(type, null, type === CLUSTER_TYPE ? [] : type === ENDPOINT_TYPE ? ['a'] : ['80'])
    await turn()
    sent.length = 0
  })

  function request(typeUrl: string, names: readonly string[], fresh: readonly string[], nonce: string, error: string | null): XdsRequest {
    return variant === 'sotw'
      ? { kind: 'sotw', node: NODE, typeUrl, resourceNames: names, versionInfo: '', responseNonce: nonce, error }
      : { kind: 'delta', node: NODE, typeUrl, subscribe: fresh, unsubscribe: [], initialVersions: new Map(), responseNonce: nonce, error }
  }
  function subscribe(typeUrl: string, ...names: readonly string[]): void {
    stream.received(request(typeUrl, names, names, '', null))
  }
  function answer(typeUrl: string, error: string | null, names: readonly string[], fresh: readonly string[] = []): void {
    stream.received(request(typeUrl, names, fresh, last.get(typeUrl)?.nonce ?? '', error))
  }
  async function taken(): Promise<readonly string[]> {
    await turn()
    return sent
      .splice(0)
      .map(({ typeUrl, resources }) =>
        `${SHORT.get(typeUrl)} ${resources.map(({ bytes }) => Buffer.from(bytes).toString()).join(' ')}`.trim(),
      )
  }
  function grow(routes: string, ...clusters: readonly string[]): void {
    cache.update(
      'view',
      new Map([
        [CLUSTER_TYPE, named(CLUSTER_TYPE, ...clusters)],
        [ENDPOINT_TYPE, named(ENDPOINT_TYPE, ...clusters)],
        [ROUTE_TYPE, table(routes)],
      ]),
    )
  }
  const cds = (text: string): string => (variant === 'sotw' ? `CDS a ${text}` : `CDS ${text}`)
  const heldBack = (): unknown => [...server.clients()].map(client => Object.fromEntries(client.heldBack))

  it('holds a route until its new cluster is accepted and has its endpoints', async () => {
    grow('80:b', 'a', 'b')
    expect(await taken()).toEqual([cds('b')])
    expect(heldBack()).toEqual([{ [ROUTE_TYPE]: ['80'] }])
    answer(CLUSTER_TYPE, null, [])
    expect(await taken()).toEqual([])
    answer(ENDPOINT_TYPE, null, ['a', 'b'], ['b'])
    expect(await taken()).toEqual(['EDS b'])
    answer(ENDPOINT_TYPE, null, ['a', 'b'])
    expect(await taken()).toEqual(['RDS 80:b'])
    expect(heldBack()).toEqual([{}])
  })

  it('delivers at once what names a cluster that nothing defines', async () => {
    grow('80:nowhere', 'a')
    expect(await taken()).toEqual(['RDS 80:nowhere'])
  })

  it('keeps the last good route while the proxy refuses the cluster, and follows when it is mended', async () => {
    grow('80:b', 'a', 'b')
    await taken()
    answer(CLUSTER_TYPE, 'b: connect_timeout: must be positive', [])
    clock.advance(60_000)
    expect(await taken()).toEqual([])
    expect(heldBack()).toEqual([{ [ROUTE_TYPE]: ['80'] }])
    cache.update('view', new Map([[CLUSTER_TYPE, [...named(CLUSTER_TYPE, 'a'), seal(CLUSTER_TYPE, 'b', () => Buffer.from('mended'))]]]))
    expect(await taken()).toEqual([cds('mended')])
    answer(CLUSTER_TYPE, null, [])
    answer(ENDPOINT_TYPE, null, ['a', 'b'], ['b'])
    await taken()
    answer(ENDPOINT_TYPE, null, ['a', 'b'])
    expect(await taken()).toEqual(['RDS 80:b'])
  })

  it('does not wait forever for a client that never asks for endpoints', async () => {
    grow('80:b', 'a', 'b')
    await taken()
    answer(CLUSTER_TYPE, null, [])
    clock.advance(10_000)
    expect(await taken()).toEqual(['RDS 80:b'])
  })

  it('does not wait for endpoints that were asked for before the clusters were acknowledged', async () => {
    grow('80:b', 'a', 'b')
    await taken()
    grow('80:b,c', 'a', 'b', 'c')
    await taken()
    // For the clusters of the first answer, while the second is on its way.
    answer(ENDPOINT_TYPE, null, ['a', 'b'], ['b'])
    expect(await taken()).toEqual(['EDS b'])
    answer(CLUSTER_TYPE, null, [])
    answer(ENDPOINT_TYPE, null, ['a', 'b', 'c'], ['c'])
    expect(await taken()).toEqual(['EDS c'])
    answer(ENDPOINT_TYPE, null, ['a', 'b', 'c'])
    expect(await taken()).toEqual(['RDS 80:b,c'])
  })

  it('takes a cluster away only after the route that leads elsewhere', async () => {
    grow('80:b', 'a', 'b')
    await taken()
    cache.update('view', new Map([[CLUSTER_TYPE, named(CLUSTER_TYPE, 'b')]]))
    expect(await taken()).toEqual([])
    answer(CLUSTER_TYPE, null, [])
    answer(ENDPOINT_TYPE, null, ['a', 'b'], ['b'])
    expect(await taken()).toEqual(['EDS b'])
    answer(ENDPOINT_TYPE, null, ['a', 'b'])
    expect(await taken()).toEqual(['RDS 80:b', variant === 'sotw' ? 'CDS b' : 'CDS'])
  })
})

async function turn(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}
