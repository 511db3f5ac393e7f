import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import { LeaderElection, ReplicaNotes } from '@meshwork/kube/leader'
import { ObjectRecords } from '@meshwork/kube/status'
import type { Discovery } from '../serve/discovery.ts'
import type { XdsNode } from '@meshwork/xds/types'
import { clusterSource, RECORDED_KINDS } from './cluster-source.ts'
import { IngressAddresses } from './ingress-addresses.ts'
import { RevisionTags } from './revision-tags.ts'
import { PodStarts } from './pod-starts.ts'
import { StatusReporter } from './status-reporter.ts'

export interface ClusterLinkOptions {
  readonly client: KubeClient
  readonly mesh: Pick<MeshConfigSpec, 'ingressSelector' | 'ingressService'>
  /** Of this control plane: configuration for others is not read. */
  readonly revision: string
  /** As its proxies call it. */
  readonly clusterId: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * One for all revisions of the control plane in a namespace: two that write the same conditions would write for ever.
 */
const LEASE = 'istio-status-leader'
/** What the others tell the leader about their proxies. */
const NOTES = 'istio-status'

/** The cluster that pilot is at home in: reads its objects, and writes what became of them. */
export class ClusterLink {
  readonly source: ConfigSource
  /** A proxy has become ready, so many milliseconds after its process began. */
  readonly proxyReady: (node: XdsNode, afterMs: number) => void
  private readonly options: ClusterLinkOptions
  private readonly replica = process.env['POD_NAME'] ?? hostname()
  private readonly records: ObjectRecords
  private readonly tags: RevisionTags
  private followers: readonly { touched(): void }[] = []

  constructor(options: ClusterLinkOptions) {
    this.options = options
    this.records = new ObjectRecords(RECORDED_KINDS, () => this.touched())
    this.tags = new RevisionTags(options)
    this.source = clusterSource({ ...options, revision: this.tags, records: this.records })
    const { client, clusterId, clock, log } = options
    const starts = new PodStarts({ client, clusterId, instance: this.replica, clock, log })
    this.proxyReady = (node, afterMs) => void starts.told(node, afterMs)
  }

  /** Statuses may have changed. */
  touched(): void {
    for (const follower of this.followers) follower.touched()
  }

  /** Run after what serves proxies. */
  runners(discovery: Discovery): readonly Runner[] {
    const { records } = this
    const { client, clock, log, mesh } = this.options
    const namespace = process.env['POD_NAMESPACE'] ?? client.namespace
    const identity = `${this.replica}_${randomUUID()}`
    const notes = new ReplicaNotes({ client, namespace, name: NOTES, identity, clock, log, changed: () => this.touched() })
    const statuses = (): ReturnType<Discovery['objectStatuses']> => discovery.objectStatuses()
    const reporter = new StatusReporter({ client, records, statuses, identity, notes, clock, log })
    const snapshot = (): Discovery['loop']['snapshot'] => discovery.loop.snapshot
    const service = mesh.ingressService
    const addresses = new IngressAddresses({ client, records, snapshot, namespace, service, clock, log })
    this.followers = [reporter, addresses]
    const changed = (leads: boolean): void => {
      reporter.lead(leads)
      addresses.lead(leads)
    }
    return [this.tags, notes, reporter, addresses, new LeaderElection({ client, namespace, name: LEASE, identity, clock, log, changed })]
  }
}
