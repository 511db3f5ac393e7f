import { MESHWORK_VERSION } from '@meshwork/core/release'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { PushReport } from '../push/push-loop.ts'
import type { ConfigBatch } from '@meshwork/config/source'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { MESH_FACTS, type MeshFactName, type MeshFacts } from './mesh-facts.ts'

/** Istio's short words for resource types in labels. */
const TYPE_LABELS: ReadonlyMap<string, string> = new Map([
  [CLUSTER_TYPE, 'cds'],
  [ENDPOINT_TYPE, 'eds'],
  [LISTENER_TYPE, 'lds'],
  [ROUTE_TYPE, 'rds'],
])
/** Kinds that tell where services are; Istio counts them apart from configuration. */
const REGISTRY_KINDS: ReadonlySet<string> = new Set(['Service', 'Endpoints', 'EndpointSlice', 'Pod', 'Node', 'Namespace'])
/** Istio's words of `pilot_inbound_updates` for them; the others are `config`. */
const UPDATE_TYPES: ReadonlyMap<string, string> = new Map([
  ['Service', 'svc'],
  ['Endpoints', 'eds'],
  ['EndpointSlice', 'eds'],
])
const MS_PER_SECOND = 1000
const ONE_SCRAPE_MS = 50
/** The word of google.rpc.Code that proxies put into a NACK. */
const NACK_CODE = 'INVALID_ARGUMENT'

/** Prometheus metrics under Istio's names (traffic.md 4.4; the convergence histogram is of later releases). */
export class PilotMetrics {
  readonly registry: Registry = new Registry()
  readonly connections: Gauge
  private readonly pushes: Counter
  private readonly rejects: Counter
  private readonly convergence: Histogram
  private readonly writeTimeouts: Counter
  private readonly rejectsByNode = new Map<string, Gauge>()
  private readonly events: Counter
  private readonly registryEvents: Counter
  private readonly inbound: Counter
  private readonly triggers: Counter
  private readonly rejections: Gauge
  private readonly dangling: Gauge
  /** When the change behind the last push was noticed, and who has confirmed it. */
  private push: { readonly changedAt: number; readonly confirmed: Set<string> } | null = null

  /** `node type` of what was refused last. */
  private readonly rejecting = new Set<string>()
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
    for (const type of TYPE_LABELS.values()) {
      const name = `pilot_xds_${type}_reject`
      const help = `Proxies whose last answer of ${type} was a refusal, with its code.`
      this.rejectsByNode.set(type, new Gauge({ name, help, labelNames: ['node', 'err'], registers }))
    }
    this.events = this.eventCounter('pilot_k8s_cfg_events', 'Changes of configuration objects, by kind and event.')
    this.registryEvents = this.eventCounter('pilot_k8s_reg_events', 'Changes of objects that tell of services, by kind and event.')
    collectDefaultMetrics({ register: this.registry })
    this.triggers = new Counter({ name: 'pilot_push_triggers', help: 'Pushes, by what set them off.', labelNames: ['type'], registers })
    this.rejections = new Gauge({ name: 'pilot_rejected_objects', help: 'Configuration objects that are refused now.', registers })
    this.dangling = new Gauge({ name: 'pilot_route_nocluster', help: 'Routes that lead to a cluster that does not exist.', registers })
    this.inbound = new Counter({
      name: 'pilot_inbound_updates',
      help: 'Changes that pilot was told, by what they are about.',
      labelNames: ['type'],
      registers,
    })
    new Gauge({ name: 'istio_build', help: 'Build of the component.', labelNames: ['component', 'tag'], registers }).set(
      { component: 'pilot', tag: MESHWORK_VERSION },
      1,
    )
    const uptime: Gauge = new Gauge({
      name: 'istiod_uptime_seconds',
      help: 'Seconds since pilot started.',
      registers,
      collect: (): void => uptime.set(process.uptime()),
    })
  }

  /** Counts of ready endpoints, worked out when somebody scrapes. A cluster that left is no longer told. */
  observeEndpoints(counts: () => Iterable<readonly [cluster: string, ready: number]>): void {
    const gauge: Gauge = new Gauge({
      name: 'pilot_xds_eds_instances',
      help: 'Ready endpoints of each cluster.',
      labelNames: ['cluster'],
      registers: [this.registry],
      collect: (): void => {
        gauge.reset()
        for (const [cluster, ready] of counts()) gauge.set({ cluster }, ready)
      },
    })
  }

  /** Numbers that are worked out when somebody scrapes. */
  observe(facts: () => MeshFacts): void {
    const names: readonly MeshFactName[] = Object.keys(MESH_FACTS).filter(isFactName)
    let latest: { readonly at: number; readonly facts: MeshFacts } | null = null
    const current = (): MeshFacts => {
      // One scrape asks for all of them.
      if (latest === null || performance.now() - latest.at > ONE_SCRAPE_MS) latest = { at: performance.now(), facts: facts() }
      return latest.facts
    }
    for (const name of names) {
      const gauge: Gauge = new Gauge({
        name,
        help: MESH_FACTS[name],
        registers: [this.registry],
        collect: (): void => gauge.set(current()[name]),
      })
    }
  }

  /** Objects came and went. */
  changed({ upserts, deletes }: ConfigBatch): void {
    for (const { kind } of upserts) this.count(kind, 'update')
    for (const { kind } of deletes) this.count(kind, 'delete')
  }

  sendTimedOut(): void {
    this.writeTimeouts.inc()
  }

  pushed(report: PushReport, snapshot: MeshSnapshot, now: number): void {
    this.push = { changedAt: now - report.tookMs, confirmed: new Set() }
    this.triggers.inc({ type: report.trigger })
    this.rejections.set(snapshot.rejections.length)
    this.dangling.set(report.dangling.length)
  }

  acked(nodeId: string, typeUrl: string, now: number): void {
    const type = TYPE_LABELS.get(typeUrl) ?? 'other'
    this.pushes.inc({ type })
    this.forgetReject(nodeId, type)
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
    for (const type of TYPE_LABELS.values()) this.forgetReject(nodeId, type)
    for (const type of [...TYPE_LABELS.values(), 'other']) this.settled.delete(`${nodeId} ${type}`)
  }

  nacked(nodeId: string, typeUrl: string): void {
    const type = TYPE_LABELS.get(typeUrl) ?? 'other'
    this.pushes.inc({ type })
    this.rejects.inc({ type })
    this.rejectsByNode.get(type)?.set({ node: nodeId, err: NACK_CODE }, 1)
    this.rejecting.add(`${nodeId} ${type}`)
  }

  private eventCounter(name: string, help: string): Counter {
    return new Counter({ name, help, labelNames: ['type', 'event'], registers: [this.registry] })
  }

  private count(kind: string, event: 'update' | 'delete'): void {
    const counter = REGISTRY_KINDS.has(kind) ? this.registryEvents : this.events
    counter.inc({ type: kind, event })
    this.inbound.inc({ type: UPDATE_TYPES.get(kind) ?? 'config' })
  }

  private forgetReject(nodeId: string, type: string): void {
    if (this.rejecting.size > 0 && this.rejecting.delete(`${nodeId} ${type}`))
      this.rejectsByNode.get(type)?.remove({ node: nodeId, err: NACK_CODE })
  }
}

function isFactName(name: string): name is MeshFactName {
  return name in MESH_FACTS
}
