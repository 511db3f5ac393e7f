import type { Logger } from '@meshwork/core/log'
import { ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { ConfigBatch } from '@meshwork/config/source'
import { type ClientStatus, type StreamFailure, type StreamPeer, XdsServer, type XdsServerHooks } from '@meshwork/xds/server'
import type { XdsNode } from '@meshwork/xds/types'
import { PushLoop, type PushReport } from '../push/push-loop.ts'
import type { GeneratedView } from '../push/generated-view.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { objectStatuses, type ObjectStatus } from '../status/index.ts'
import type { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { parseProxyNode } from '../view/proxy-node.ts'
import type { ViewIdentity } from '../view/view-identity.ts'
import { IdentityMemo } from '../view/identity-memo.ts'
import { findingText } from '../view/view-finding.ts'
import { endpointCounts } from './endpoint-counts.ts'
import { meshFacts } from './mesh-facts.ts'
import type { PilotMetrics } from './metrics.ts'
import { checkNodeIdentity, mayHoldKeys } from './node-identity.ts'

export interface DiscoveryOptions {
  readonly store: SnapshotStore
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: PilotMetrics
  /** Told of each new snapshot, before views are computed from it. */
  readonly snapshotChanged?: (snapshot: MeshSnapshot) => void
  /** Told when the statuses of objects may have changed; often, and for several reasons at once. */
  readonly statusTouched?: (() => void) | undefined
  /** Told of each proxy that says, with a proof of who it is, that it is ready: so many milliseconds after its process began. */
  readonly proxyReady?: ((node: XdsNode, afterMs: number) => void) | undefined
  readonly quietMs: number
  readonly maxMs: number
}

/**
 * The control plane without its sockets: configuration goes in, streams are served. Owns the push loop and the protocol
 * server; knows which view each connected proxy has.
 */
export class Discovery implements XdsServerHooks {
  readonly server: XdsServer
  readonly loop: PushLoop
  private readonly options: DiscoveryOptions
  private readonly identities = new IdentityMemo()
  private retaining = false
  /** Nodes to which keys may go. */
  private readonly keyHolders = new WeakSet<XdsNode>()
  private told: ReadonlySet<string> = new Set()
  /** What was told to be refused, by source. */
  private readonly refused = new Map<string, ReadonlySet<string>>()
  private lastPush: PushReport | null = null

  constructor(options: DiscoveryOptions) {
    this.options = options
    const { store, clock, log, quietMs, maxMs } = options
    this.loop = new PushLoop({
      store,
      clock,
      log,
      quietMs,
      maxMs,
      snapshotChanged: snapshot => this.reassign(snapshot),
      pushed: report => this.pushed(report),
    })
    this.server = new XdsServer({ cache: this.loop.cache, hooks: this, clock, log })
    options.metrics.observe(() => meshFacts(this.loop.snapshot, this.sidecarAddresses()))
    options.metrics.observeEndpoints(() => endpointCounts(this.loop.snapshot))
  }

  apply(source: string, batch: ConfigBatch): void {
    this.tellRefused(source, batch.rejections)
    this.options.metrics.changed(batch)
    this.loop.apply(source, batch)
    this.options.statusTouched?.()
  }

  /** What another cluster has. undefined: it has left. */
  applyRemote(cluster: string, batch: ConfigBatch | undefined): void {
    if (batch !== undefined) this.options.metrics.changed(batch)
    this.loop.applyRemote(cluster, batch)
  }

  connected(node: XdsNode, peer: StreamPeer): Result<string, string | StreamFailure> {
    const proxy = parseProxyNode(node)
    if (proxy.kind === 'err') return proxy
    const claim = checkNodeIdentity(proxy.value, peer)
    if (claim.kind === 'err') {
      this.options.log.warn('proxy refused', { node: node.id, address: peer.address, reason: claim.error.message })
      return claim
    }
    this.options.metrics.connections.inc()
    if (mayHoldKeys(peer)) this.keyHolders.add(node)
    return ok(this.viewFor(node, this.loop.snapshot))
  }

  disconnected(node: XdsNode): void {
    this.options.metrics.disconnected(node.id)
    this.options.statusTouched?.()
    this.retainSoon()
  }

  acked(node: XdsNode, typeUrl: string): void {
    this.options.metrics.acked(node.id, typeUrl, this.options.clock.monotonicMs())
    this.options.statusTouched?.()
  }

  ready(node: XdsNode, afterMs: number): void {
    if (this.keyHolders.has(node)) this.options.proxyReady?.(node, afterMs)
  }

  nacked(node: XdsNode, typeUrl: string, version: string, message: string): void {
    this.options.metrics.nacked(node.id, typeUrl)
    this.options.statusTouched?.()
    this.options.log.error('proxy refused configuration', { node: node.id, type: typeUrl, version, reason: message })
  }

  clients(): readonly ClientStatus[] {
    return [...this.server.clients()]
  }

  /** What the proxy with this node id is given; undefined if it is not connected. */
  viewOf(nodeId: string): GeneratedView | undefined {
    const client = this.clients().find(({ node }) => node.id === nodeId || podOf(node.id) === nodeId)
    return client === undefined ? undefined : this.loop.view(client.viewKey)
  }

  /** Who the proxy with this node id is; undefined if it is not connected. */
  identityOf(nodeId: string): ViewIdentity | undefined {
    const client = this.clients().find(({ node }) => node.id === nodeId || podOf(node.id) === nodeId)
    return client === undefined
      ? undefined
      : this.identities.of(client.node, this.loop.snapshot, this.keyHolders.has(client.node))?.identity
  }

  /** What became of every object. */
  objectStatuses(): readonly ObjectStatus[] {
    const proxies = this.clients().map(client => ({ client, view: this.loop.view(client.viewKey) }))
    return objectStatuses(this.loop.snapshot, proxies, this.lastPush?.findings)
  }

  private sidecarAddresses(): readonly string[] {
    return this.clients().flatMap(({ node }) => {
      const [role, address = ''] = node.id.split('~')
      return role === 'sidecar' ? [address] : []
    })
  }

  get report(): PushReport | null {
    return this.lastPush
  }

  close(): void {
    this.loop.close()
    this.server.close()
  }

  private reassign(snapshot: MeshSnapshot): void {
    this.options.snapshotChanged?.(snapshot)
    if (this.server.reassign(node => this.viewFor(node, snapshot))) this.retainSoon()
  }

  private viewFor(node: XdsNode, snapshot: MeshSnapshot): string {
    const known = this.identities.of(node, snapshot, this.keyHolders.has(node))
    // It was parsed when it connected, so it parses now.
    return known === undefined ? '' : this.loop.ensure(known.identity, known.key)
  }

  /** After the streams that end now have left the list of clients, and once for however many. */
  private retainSoon(): void {
    if (this.retaining) return
    this.retaining = true
    setImmediate(() => {
      this.retaining = false
      this.loop.retain(new Set(this.server.viewKeys()))
    })
  }

  /** Each refusal once for as long as it holds: a batch names all there are, whatever it is about. */
  private tellRefused(source: string, rejections: ConfigBatch['rejections']): void {
    const before = this.refused.get(source) ?? new Set()
    const now = new Map(rejections.map(rejection => [JSON.stringify(rejection), rejection]))
    for (const [text, { origin, violations }] of now) {
      if (before.has(text)) continue
      this.options.log.warn('object refused, the last good version stays', { file: origin.file, line: origin.line, violations })
    }
    this.refused.set(source, new Set(now.keys()))
  }

  /** Each finding once for as long as it holds. */
  private tell(findings: PushReport['findings']): void {
    const texts = new Set(findings.map(findingText))
    for (const text of texts) if (!this.told.has(text)) this.options.log.warn('left out of the configuration', { finding: text })
    this.told = texts
  }

  private pushed(report: PushReport): void {
    this.lastPush = report
    this.options.statusTouched?.()
    this.options.metrics.pushed(report, this.loop.snapshot, this.options.clock.monotonicMs())
    this.options.log.info('configuration in force', { revision: report.revision, views: report.views, tookMs: Math.round(report.tookMs) })
    this.tell(report.findings)
    for (const { from, cluster } of report.dangling)
      this.options.log.warn('route leads to a cluster that does not exist', { from, cluster })
  }
}

/** `reviews-v1.default`, the short form that people type. */
function podOf(nodeId: string): string | undefined {
  return nodeId.split('~')[2]
}
