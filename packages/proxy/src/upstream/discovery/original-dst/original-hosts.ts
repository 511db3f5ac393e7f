import { isIP } from 'node:net'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { EndpointConfig, OriginalDestinationConfig } from '../../../model/cluster.ts'
import type { ClusterContext } from '../../cluster-context.ts'
import { Host, type HostOwner } from '../../host.ts'
import type { PickContext } from '../../pick-context.ts'

/** Hosts that are remembered; beyond, the oldest without requests go. */
const MAX_HOSTS = 10_000

export interface Destination {
  readonly host: string
  readonly port: number
}

/** Hosts that are where clients wanted to go (ORIGINAL_DST). One that was not used between two clean-ups is forgotten. */
export class OriginalHosts implements TimerOwner {
  private readonly config: OriginalDestinationConfig
  private readonly cluster: ClusterContext
  private readonly owner: HostOwner
  private readonly hosts = new Map<string, Host>()
  private readonly used = new Set<Host>()
  private readonly timer: WheelTimer = new WheelTimer(this, 0)

  constructor(config: OriginalDestinationConfig, cluster: ClusterContext, owner: HostOwner) {
    this.config = config
    this.cluster = cluster
    this.owner = owner
  }

  all(): readonly Host[] {
    return [...this.hosts.values()]
  }

  /** null: neither a header nor the connection tells where to go. */
  hostFor(original: Destination | null, context: PickContext | null): Host | null {
    const { header, portOverride } = this.config
    const named = header === null || context === null ? null : context.header(header)
    // A header that is no address is a refusal, not a wish for the connection's destination.
    const wanted = named === null ? original : parseDestination(named)
    if (wanted === null) return null
    const port = portOverride ?? wanted.port
    const key = `${wanted.host} ${port}`
    const host = this.hosts.get(key) ?? this.add(key, { host: wanted.host, port })
    this.used.add(host)
    return host
  }

  onTimer(): void {
    for (const [key, host] of this.hosts) {
      if (!this.used.has(host) && !isBusy(host)) this.forget(key, host)
    }
    this.used.clear()
    if (this.hosts.size > 0) this.cluster.deps.wheel.set(this.timer, this.config.cleanupMs)
  }

  close(): void {
    this.cluster.deps.wheel.clear(this.timer)
    for (const host of this.hosts.values()) host.closePools()
  }

  private add(key: string, destination: Destination): Host {
    if (this.hosts.size >= MAX_HOSTS) this.forgetOne()
    const host = new Host(this.owner, endpointAt(destination))
    host.context = this.cluster
    this.hosts.set(key, host)
    if (!this.timer.armed) this.cluster.deps.wheel.set(this.timer, this.config.cleanupMs)
    return host
  }

  private forgetOne(): void {
    for (const [key, host] of this.hosts) {
      if (isBusy(host)) continue
      this.forget(key, host)
      return
    }
  }

  private forget(key: string, host: Host): void {
    host.closePools()
    this.hosts.delete(key)
    this.used.delete(host)
  }
}

function isBusy({ counters }: Host): boolean {
  return counters.rqActive > 0 || counters.cxActive > 0
}

/** `10.0.0.1:80` or `[::1]:80`; null when it is not an IP address with a port. */
function parseDestination(text: string): Destination | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3] ?? -1)
  return isIP(host) === 0 || port < 1 || port > 65_535 ? null : { host, port }
}

function endpointAt({ host, port }: Destination): EndpointConfig {
  return {
    address: { kind: 'tcp', host, port },
    weight: 1,
    priority: 0,
    locality: '',
    localityWeight: 0,
    health: 'unknown',
    hostname: '',
    check: null,
    metadata: {},
  }
}
