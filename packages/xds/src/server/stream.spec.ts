import { silentLogger } from '@meshwork/core/log'
import { err, ok } from '@meshwork/core/result'
import { ManualClock } from '@meshwork/testkit/clock'
import { describe, expect, it } from 'vitest'
import { SnapshotCache } from '../cache/snapshot-cache.ts'
import type { DeltaRequest, SotwRequest, XdsResponse } from '../types/messages.ts'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'
import type { XdsServerHooks } from './hooks.ts'
import { XdsServer } from './server.ts'
import type { ServerStream, StreamFailure } from './transport.ts'

const VIEW = 'view'
const NODE = { id: 'sidecar~1', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: 'test' }

function resource(typeUrl: string, name: string, content: string): XdsResource {
  return seal(typeUrl, name, () => Buffer.from(content))
}

function resources(typeUrl: string, contents: Readonly<Record<string, string>>): XdsResource[] {
  return Object.entries(contents).map(([name, content]) => resource(typeUrl, name, content))
}

class Peer {
  readonly cache = new SnapshotCache()
  readonly sent: XdsResponse[] = []
  readonly log: string[] = []
  failure: StreamFailure | undefined
  capacity = Number.POSITIVE_INFINITY
  readonly server: XdsServer
  readonly stream: ServerStream

  constructor(hooks: Partial<XdsServerHooks> = {}) {
    this.server = new XdsServer({
      cache: this.cache,
      clock: new ManualClock(),
      log: silentLogger,
      hooks: {
        connected: () => ok(VIEW),
        disconnected: () => void this.log.push('disconnected'),
        acked: (_node, _type, version) => void this.log.push(`ack ${version}`),
        nacked: (_node, _type, _version, message) => void this.log.push(`nack ${message}`),
        ...hooks,
      },
    })
    this.stream = this.server.open({
      send: response => this.sent.push(response) < this.capacity,
      end: failure => void (this.failure = failure),
    })
  }

  set(typeUrl: string, contents: Readonly<Record<string, string>>): void {
    this.cache.set(VIEW, typeUrl, resources(typeUrl, contents))
  }

  async sotw(request: Partial<SotwRequest>): Promise<void> {
    const full = {
      kind: 'sotw',
      node: NODE,
      typeUrl: CLUSTER_TYPE,
      resourceNames: [],
      versionInfo: '',
      responseNonce: '',
      error: null,
    } as const
    this.stream.received({ ...full, ...request })
    await settled()
  }

  async delta(request: Partial<DeltaRequest>): Promise<void> {
    const full = { subscribe: [], unsubscribe: [], initialVersions: new Map<string, string>(), responseNonce: '', error: null }
    this.stream.received({ kind: 'delta', node: NODE, typeUrl: CLUSTER_TYPE, ...full, ...request })
    await settled()
  }

  /** `CDS a,b` and, for delta, `-c` for what was removed. Empties the list. */
  taken(): string[] {
    return this.sent.splice(0).map(summary)
  }

  lastNonce(): string {
    return this.sent.at(-1)?.nonce ?? ''
  }
}

const SHORT = new Map([
  [CLUSTER_TYPE, 'CDS'],
  [ENDPOINT_TYPE, 'EDS'],
  [LISTENER_TYPE, 'LDS'],
  [ROUTE_TYPE, 'RDS'],
])

function summary(response: XdsResponse): string {
  const added = response.resources.map(({ name }) => name)
  const removed = response.kind === 'delta' ? response.removed.map(name => `-${name}`) : []
  return `${SHORT.get(response.typeUrl) ?? response.typeUrl} ${[...added, ...removed].join(',')}`.trim()
}

async function settled(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}

describe('a state-of-the-world stream', () => {
  it('answers a first request without names with everything, and an acknowledgement with nothing', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: '1', b: '1' })
    await peer.sotw({})
    const [response] = peer.sent
    expect(peer.taken()).toEqual(['CDS a,b'])
    await peer.sotw({ responseNonce: response?.nonce ?? '', versionInfo: 'v' })
    expect(peer.taken()).toEqual([])
    expect(peer.log).toHaveLength(1)
    expect([...peer.server.clients()][0]?.types.get(CLUSTER_TYPE)?.kind).toBe('acked')
  })

  it('waits for a view that is not computed yet', async () => {
    const peer = new Peer()
    await peer.sotw({})
    expect(peer.taken()).toEqual([])
    peer.set(CLUSTER_TYPE, {})
    await settled()
    expect(peer.taken()).toEqual(['CDS'])
  })

  it('ignores a stale nonce, with the names it carries', async () => {
    const peer = new Peer()
    peer.set(ENDPOINT_TYPE, { a: '1', b: '1' })
    await peer.sotw({ typeUrl: ENDPOINT_TYPE, resourceNames: ['a'] })
    const first = peer.lastNonce()
    peer.set(ENDPOINT_TYPE, { a: '2', b: '1' })
    await settled()
    expect(peer.taken()).toEqual(['EDS a', 'EDS a'])
    await peer.sotw({ typeUrl: ENDPOINT_TYPE, resourceNames: ['a', 'b'], responseNonce: first })
    expect(peer.taken()).toEqual([])
    expect(peer.log).toEqual([])
  })

  it('records a NACK and does not send the same again until it changes', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: 'bad' })
    await peer.sotw({})
    await peer.sotw({ responseNonce: peer.lastNonce(), error: 'a: is bad' })
    expect(peer.log).toEqual(['nack a: is bad'])
    expect(peer.taken()).toEqual(['CDS a'])
    const sync = [...peer.server.clients()][0]?.types.get(CLUSTER_TYPE)
    expect(sync?.kind === 'nacked' && sync.message).toBe('a: is bad')
    peer.set(CLUSTER_TYPE, { a: 'good' })
    await settled()
    expect(peer.taken()).toEqual(['CDS a'])
  })

  it('sends only what changed of types whose absence means nothing', async () => {
    const peer = new Peer()
    peer.set(ENDPOINT_TYPE, { a: '1', b: '1', c: '1' })
    await peer.sotw({ typeUrl: ENDPOINT_TYPE, resourceNames: ['a', 'b'] })
    peer.set(ENDPOINT_TYPE, { a: '1', b: '2', c: '2' })
    await settled()
    expect(peer.taken()).toEqual(['EDS a,b', 'EDS b'])
  })

  it('sends what a changed list of names adds', async () => {
    const peer = new Peer()
    peer.set(ROUTE_TYPE, { 80: '1', 90: '1' })
    await peer.sotw({ typeUrl: ROUTE_TYPE, resourceNames: ['80'] })
    await peer.sotw({ typeUrl: ROUTE_TYPE, resourceNames: ['80', '90'], responseNonce: peer.lastNonce() })
    expect(peer.taken()).toEqual(['RDS 80', 'RDS 90'])
  })

  it('sends endpoints again when a changed cluster makes the client ask for them', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: '1', b: '1' })
    peer.set(ENDPOINT_TYPE, { a: '1', b: '1' })
    await peer.sotw({})
    await peer.sotw({ typeUrl: ENDPOINT_TYPE, resourceNames: ['a', 'b'] })
    const nonce = peer.lastNonce()
    await peer.sotw({ typeUrl: ENDPOINT_TYPE, resourceNames: ['a', 'b'], responseNonce: nonce })
    peer.set(CLUSTER_TYPE, { a: '2', b: '1' })
    await settled()
    await peer.sotw({ typeUrl: ENDPOINT_TYPE, resourceNames: ['a', 'b'], responseNonce: nonce })
    expect(peer.taken()).toEqual(['CDS a,b', 'EDS a,b', 'CDS a,b', 'EDS a,b'])
  })

  it('keeps a removed cluster until the routes that may have named it are replaced', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { old: '1' })
    peer.set(ROUTE_TYPE, { 80: 'to old' })
    await peer.sotw({})
    await peer.sotw({ typeUrl: ROUTE_TYPE, resourceNames: ['80'] })
    peer.taken()
    peer.cache.update(
      VIEW,
      new Map([
        [ROUTE_TYPE, resources(ROUTE_TYPE, { 80: 'to new' })],
        [CLUSTER_TYPE, resources(CLUSTER_TYPE, { new: '1' })],
      ]),
    )
    await settled()
    expect(peer.taken()).toEqual(['CDS old,new', 'RDS 80', 'CDS new'])
  })

  it('sends nothing to a client that comes back with everything', async () => {
    const first = new Peer()
    first.set(CLUSTER_TYPE, { a: '1', b: '1' })
    await first.sotw({})
    const [response] = first.sent
    const again = new Peer()
    again.set(CLUSTER_TYPE, { b: '1', a: '1' })
    await again.sotw({ versionInfo: response?.kind === 'sotw' ? response.version : '' })
    expect(again.taken()).toEqual([])
    expect([...again.server.clients()][0]?.types.get(CLUSTER_TYPE)?.kind).toBe('acked')
    again.set(CLUSTER_TYPE, { b: '1' })
    await settled()
    expect(again.taken()).toEqual(['CDS b'])
  })

  it('keeps one merged answer per type for a client that does not read', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: '0' })
    await peer.sotw({})
    peer.capacity = 0
    for (let version = 1; version < 50; version++) {
      peer.set(CLUSTER_TYPE, { a: String(version) })
      await settled()
    }
    expect(peer.taken()).toEqual(['CDS a', 'CDS a'])
    peer.capacity = Number.POSITIVE_INFINITY
    peer.stream.drained()
    await settled()
    expect(peer.sent.map(({ resources: [last] }) => String(last?.bytes))).toEqual(['49'])
  })
})

describe('an incremental stream', () => {
  it('sends changes and removals only', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: '1', b: '1' })
    await peer.delta({})
    peer.set(CLUSTER_TYPE, { b: '2', c: '1' })
    await settled()
    expect(peer.taken()).toEqual(['CDS a,b', 'CDS b,c', 'CDS -a'])
  })

  it('resumes with the versions the client names', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { same: '1', other: '2' })
    const same = resource(CLUSTER_TYPE, 'same', '1').version
    await peer.delta({
      initialVersions: new Map([
        ['same', same],
        ['other', 'old'],
        ['gone', 'old'],
      ]),
    })
    expect(peer.taken()).toEqual(['CDS other', 'CDS -gone'])
  })

  it('says that a subscribed name does not exist', async () => {
    const peer = new Peer()
    peer.set(ROUTE_TYPE, {})
    await peer.delta({ typeUrl: ROUTE_TYPE, subscribe: ['80'] })
    expect(peer.taken()).toEqual(['RDS -80'])
    peer.set(ROUTE_TYPE, { 80: '1' })
    await settled()
    expect(peer.taken()).toEqual(['RDS 80'])
  })

  it('says nothing more of a name that was unsubscribed', async () => {
    const peer = new Peer()
    peer.set(ENDPOINT_TYPE, { a: '1', b: '1' })
    await peer.delta({ typeUrl: ENDPOINT_TYPE, subscribe: ['a', 'b'] })
    await peer.delta({ typeUrl: ENDPOINT_TYPE, unsubscribe: ['a'] })
    peer.set(ENDPOINT_TYPE, { b: '2' })
    await settled()
    expect(peer.taken()).toEqual(['EDS a,b', 'EDS b'])
  })

  it('counts changes of the subscription even in a request with a stale nonce', async () => {
    const peer = new Peer()
    peer.set(ENDPOINT_TYPE, { a: '1', b: '1' })
    await peer.delta({ typeUrl: ENDPOINT_TYPE, subscribe: ['a'] })
    await peer.delta({ typeUrl: ENDPOINT_TYPE, subscribe: ['b'], responseNonce: 'stale' })
    expect(peer.taken()).toEqual(['EDS a', 'EDS b'])
    expect(peer.log).toEqual([])
  })

  it('records the rejection of a response that another has followed', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: 'bad' })
    await peer.delta({})
    const first = peer.lastNonce()
    peer.set(CLUSTER_TYPE, { a: 'bad', b: '1' })
    await settled()
    await peer.delta({ responseNonce: first, error: 'a: is bad' })
    expect(peer.log).toEqual(['nack a: is bad'])
  })

  it('sends the endpoints of a changed cluster without being asked', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: '1', b: '1' })
    peer.set(ENDPOINT_TYPE, { a: '1', b: '1' })
    await peer.delta({})
    await peer.delta({ typeUrl: ENDPOINT_TYPE, subscribe: ['a', 'b'] })
    peer.set(CLUSTER_TYPE, { a: '2', b: '1' })
    await settled()
    expect(peer.taken()).toEqual(['CDS a,b', 'EDS a,b', 'CDS a', 'EDS a'])
  })
})

describe('any stream', () => {
  it('refuses a first request without a node', async () => {
    const peer = new Peer()
    await peer.sotw({ node: null })
    expect(peer.failure?.code).toBe('INVALID_ARGUMENT')
    expect([...peer.server.clients()]).toEqual([])
  })

  it('ends with the text of the hook that refuses a node', async () => {
    const peer = new Peer({ connected: node => err(`who is ${node.id}?`) })
    await peer.sotw({})
    expect(peer.failure).toEqual({ code: 'INVALID_ARGUMENT', message: 'who is sidecar~1?' })
    expect(peer.log).toEqual([])
  })

  it('refuses a request of the other variant', async () => {
    const peer = new Peer()
    await peer.sotw({})
    await peer.delta({})
    expect(peer.failure?.code).toBe('INVALID_ARGUMENT')
  })

  it('is gone from the books, once, after it closed', async () => {
    const peer = new Peer()
    await peer.sotw({})
    peer.stream.closed()
    peer.stream.closed()
    peer.set(CLUSTER_TYPE, { a: '1' })
    await settled()
    expect(peer.log).toEqual(['disconnected'])
    expect(peer.taken()).toEqual([])
    expect([...peer.server.clients()]).toEqual([])
  })

  it('moves to another view when the control plane says so', async () => {
    const peer = new Peer()
    peer.set(CLUSTER_TYPE, { a: '1', b: '1' })
    await peer.sotw({})
    peer.cache.set('other', CLUSTER_TYPE, resources(CLUSTER_TYPE, { b: '1', c: '1' }))
    peer.server.reassign(() => 'other')
    await settled()
    expect(peer.taken()).toEqual(['CDS a,b', 'CDS a,b,c', 'CDS b,c'])
    peer.set(CLUSTER_TYPE, {})
    await settled()
    expect(peer.taken()).toEqual([])
  })
})
