import type { MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { HttpEndpoint } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import type { XdsNode } from '@meshwork/xds/types'
import { KeyKeeper } from '../keys/key-keeper.ts'
import { observeClusters } from '../cluster/cluster-metrics.ts'
import { GatewayNames } from '../cluster/gateway-names.ts'
import { lookUpName } from '../cluster/look-up-name.ts'
import { RemoteClusters } from '../cluster/remote-clusters.ts'
import { RemoteRunner } from '../cluster/remote-runner.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import type { KnownMesh } from '../validate/advice.ts'
import { admissionEndpoint, type WebhookPort } from './admission.ts'
import { Advisor } from './advisor.ts'
import { debugHttp } from './debug-http.ts'
import { Discovery } from './discovery.ts'
import { PilotMetrics } from './metrics.ts'
import { SourceRunner } from './source-runner.ts'
import type { WebhookEndpoint } from './webhook-endpoint.ts'
import { type SecurePorts, XdsListener } from './xds-listener.ts'

export interface PilotOptions {
  /** Where configuration comes from, by the name under which its rejections are kept. */
  readonly sources: ReadonlyMap<string, ConfigSource>
  readonly mesh: MeshConfigSpec
  readonly clusterDomain: string
  /** Name of the own cluster; `Kubernetes` if unset. */
  readonly clusterId?: string
  /** What follows the other clusters of the mesh; started after the sources, before the first proxy is served. */
  readonly remotes?: (clusters: RemoteClusters) => readonly Runner[]
  /** Plain text. */
  readonly xdsAddresses: readonly SocketAddress[]
  /** Ports with TLS, where clients prove who they are. */
  readonly secureXds?: SecurePorts
  readonly httpAddress: SocketAddress
  /** Where API servers ask whether an object is valid; absent: nobody asks. */
  readonly webhooks?: WebhookPort
  /** Told when the statuses of objects may have changed. */
  readonly statusTouched?: () => void
  /** Told of each proxy that has become ready. */
  readonly proxyReady?: (node: XdsNode, afterMs: number) => void
  /** Quiet time before a push, and its longest postponement, in milliseconds. */
  readonly quietMs: number
  readonly maxMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** A control plane and its parts, in start order: configuration first, so that the first proxy finds it complete. */
export interface Pilot {
  readonly runners: readonly Runner[]
  readonly discovery: Discovery
  readonly xds: XdsListener
  readonly http: HttpEndpoint
  readonly webhooks: WebhookEndpoint | null
}

export function createPilot(options: PilotOptions): Pilot {
  const { clock, log, clusterDomain, mesh, quietMs, maxMs } = options
  const metrics = new PilotMetrics()
  const store = new SnapshotStore({ clusterDomain, mesh, ...(options.clusterId !== undefined && { clusterId: options.clusterId }) })
  const keys = new KeyKeeper({ clock, log, changed: sets => discovery.loop.setKeySets(sets) })
  const gatewayNames = new GatewayNames({
    lookUp: name => lookUpName(name),
    changed: (name, addresses) => discovery.loop.setGatewayAddresses(name, addresses),
    clock,
    log,
  })
  const advisor = new Advisor({ clock, log })
  const snapshotChanged = (snapshot: MeshSnapshot): void => {
    keys.want(snapshot.requestAuthentications)
    gatewayNames.want(snapshot.networks)
    advisor.changed(snapshot)
  }
  const discovery = new Discovery({
    store,
    clock,
    log,
    metrics,
    quietMs,
    maxMs,
    snapshotChanged,
    statusTouched: options.statusTouched,
    proxyReady: options.proxyReady,
  })
  const clusters = new RemoteClusters({ apply: (cluster, batch) => discovery.applyRemote(cluster, batch), clock, log })
  observeClusters(metrics.registry, () => clusters.states())
  const remotes = new RemoteRunner(options.remotes?.(clusters) ?? [], discovery)
  const sources = new SourceRunner(options.sources, discovery)
  const http = debugHttp({
    address: options.httpAddress,
    discovery,
    metrics,
    advisor,
    isReady: () => sources.isSynced && remotes.isStarted,
    clusterId: options.clusterId ?? 'Kubernetes',
    clusters,
    tokens: options.secureXds?.tokens ?? null,
    log,
  })
  const xds = new XdsListener({
    xds: discovery.server,
    addresses: options.xdsAddresses,
    secure: options.secureXds ?? null,
    clock,
    sendTimedOut: () => metrics.sendTimedOut(),
  })
  const known = (): KnownMesh => ({ objects: discovery.loop.snapshot.objects, clusterDomain })
  const proxyConfigs = (): MeshSnapshot['proxyConfigs'] => discovery.loop.snapshot.proxyConfigs
  const webhooks =
    options.webhooks === undefined
      ? null
      : admissionEndpoint({ ...options.webhooks, mesh: known, proxyConfigs, registry: metrics.registry, clock, log })
  const runners = [http, sources, remotes, keys, gatewayNames, advisor, xds, ...(webhooks === null ? [] : [webhooks])]
  return { runners, discovery, xds, http, webhooks }
}
