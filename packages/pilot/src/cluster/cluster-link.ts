import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import { LeaderElection } from '@meshwork/kube/leader'
import { ObjectRecords } from '@meshwork/kube/status'
import type { ObjectStatus } from '../status/index.ts'
import { clusterSource, STATUS_KINDS } from './cluster-source.ts'
import { StatusReporter } from './status-reporter.ts'

export interface ClusterLinkOptions {
  readonly client: KubeClient
  readonly mesh: Pick<MeshConfigSpec, 'ingressSelector'>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * One for all revisions of the control plane in a namespace: two that write the same conditions would write for ever. Whoever leads
 * is right about its own proxies.
 */
const LEASE = 'istio-status-leader'

/** The cluster that pilot is at home in: reads its objects, and writes what became of them. */
export class ClusterLink {
  readonly source: ConfigSource
  private readonly options: ClusterLinkOptions
  private readonly records: ObjectRecords
  private reporter: StatusReporter | null = null

  constructor(options: ClusterLinkOptions) {
    this.options = options
    this.records = new ObjectRecords(STATUS_KINDS, () => this.touched())
    this.source = clusterSource({ ...options, records: this.records })
  }

  /** Statuses may have changed. */
  touched(): void {
    this.reporter?.touched()
  }

  /** Run after what serves proxies. */
  runners(discovery: { objectStatuses(): readonly ObjectStatus[] }): readonly Runner[] {
    const { client, clock, log } = this.options
    const identity = `${process.env['POD_NAME'] ?? hostname()}_${randomUUID()}`
    const statuses = (): readonly ObjectStatus[] => discovery.objectStatuses()
    const reporter = new StatusReporter({ client, records: this.records, statuses, identity, clock, log })
    this.reporter = reporter
    const namespace = process.env['POD_NAMESPACE'] ?? client.namespace
    const changed = (leads: boolean): void => reporter.lead(leads)
    return [reporter, new LeaderElection({ client, namespace, name: LEASE, identity, clock, log, changed })]
  }
}
