import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { PushReport } from '../push/push-loop.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { countDuplicateHosts } from './duplicate-hosts.ts'

/** Istio's short words for resource types in labels. */
const TYPE_LABELS: ReadonlyMap<string, string> = new Map([
  [CLUSTER_TYPE, 'cds'],
  [ENDPOINT_TYPE, 'eds'],
  [LISTENER_TYPE, 'lds'],
  [ROUTE_TYPE, 'rds'],
])
const MS_PER_SECOND = 1000

/** Prometheus metrics under Istio's names (traffic.md 4.4; the convergence histogram is of later releases). */
export class PilotMetrics {
  readonly registry: Registry = new Registry()
  readonly connections: Gauge
  private readonly pushes: Counter
  private readonly rejects: Counter
  private readonly convergence: Histogram
  private readonly writeTimeouts: Counter
  private readonly services: Gauge
  private readonly virtualServices: Gauge
  private readonly rejections: Gauge
  private readonly dangling: Gauge
  private readonly duplicateHosts: Gauge
  /** When the change behind the last push was noticed, and who has confirmed it. */
  private push: { readonly changedAt: number; readonly confirmed: Set<string> } | null = null

  /** Proxies and types that have their first state. */
  private readonly settled = new Set<string>()

  constructor() {
    const registers = [this.registry]
    this.connections = new Gauge({ name: 'pilot_xds', help: 'Proxies connected over xDS.', registers })
    this.pushes = new Counter({
      name: 'pilot_xds_pushes',
      help: 'Responses that proxies answered, by type.',
      labelNames: ['type'],
      registers,
    })
    this.rejects = new Counter({
      name: 'pilot_total_xds_rejects',
      help: 'Responses that proxies refused, by type.',
      labelNames: ['type'],
      registers,
    })
    this.convergence = new Histogram({
      name: 'pilot_proxy_convergence_time',
      help: 'Seconds from a change of configuration to the confirmation of a proxy.',
      buckets: [0.01, 0.03, 0.1, 0.3, 0.5, 1, 3, 5, 10, 20, 30],
      registers,
    })
    this.writeTimeouts = new Counter({
      name: 'pilot_xds_write_timeout',
      help: 'Streams ended because a proxy did not read what it was sent.',
      registers,
    })
    this.services = new Gauge({ name: 'pilot_services', help: 'Services known.', registers })
    this.virtualServices = new Gauge({ name: 'pilot_virt_services', help: 'VirtualServices known.', registers })
    this.rejections = new Gauge({ name: 'pilot_rejected_objects', help: 'Configuration objects that are refused now.', registers })
    this.duplicateHosts = new Gauge({
      name: 'pilot_vservice_dup_domain',
      help: 'Hosts of VirtualServices that an older one has at the same gateway or in the mesh.',
      registers,
    })
    this.dangling = new Gauge({ name: 'pilot_route_nocluster', help: 'Routes that lead to a cluster that does not exist.', registers })
  }

  sendTimedOut(): void {
    this.writeTimeouts.inc()
  }

  pushed(report: PushReport, snapshot: MeshSnapshot, now: number): void {
    this.push = { changedAt: now - report.tookMs, confirmed: new Set() }
    this.services.set(snapshot.registry.services.length)
    this.virtualServices.set(snapshot.virtualServices.length)
    this.rejections.set(snapshot.rejections.length)
    this.dangling.set(report.dangling.length)
    this.duplicateHosts.set(countDuplicateHosts(snapshot))
  }

  acked(nodeId: string, typeUrl: string, now: number): void {
    const type = TYPE_LABELS.get(typeUrl) ?? 'other'
    this.pushes.inc({ type })
    const key = `${nodeId} ${type}`
    // What a proxy confirms first is what it found when it came, not a change that it was waiting for.
    const isFirst = !this.settled.has(key)
    this.settled.add(key)
    if (isFirst || this.push === null || this.push.confirmed.has(key)) return
    this.push.confirmed.add(key)
    this.convergence.observe((now - this.push.changedAt) / MS_PER_SECOND)
  }

  disconnected(nodeId: string): void {
    this.connections.dec()
    for (const type of [...TYPE_LABELS.values(), 'other']) this.settled.delete(`${nodeId} ${type}`)
  }

  nacked(typeUrl: string): void {
    const type = TYPE_LABELS.get(typeUrl) ?? 'other'
    this.pushes.inc({ type })
    this.rejects.inc({ type })
  }
}
