import { isIP } from 'node:net'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { DnsConfig, EndpointConfig } from '../../../model/cluster.ts'
import type { UpstreamDeps } from '../../cluster-context.ts'
import type { DnsAnswer } from '../dns-resolver.ts'

const SHORTEST_TTL_MS = 1000
/** Addresses of one name that are used. */
const MAX_ADDRESSES = 1000

/** Told of every answer about one endpoint's name. */
export interface TargetOwner {
  /** null: the look-up failed. */
  onResolved(target: ResolveTarget, addresses: readonly string[] | null): void
}

/** The name of one endpoint, looked up again and again: after its time to live or the refresh rate, sooner after failures. */
export class ResolveTarget implements TimerOwner {
  readonly endpoint: EndpointConfig
  private readonly owner: TargetOwner
  private readonly dns: DnsConfig
  private readonly deps: UpstreamDeps
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private failures = 0
  private closed = false

  constructor(endpoint: EndpointConfig, owner: TargetOwner, dns: DnsConfig, deps: UpstreamDeps) {
    this.endpoint = endpoint
    this.owner = owner
    this.dns = dns
    this.deps = deps
  }

  resolve(): void {
    const { address } = this.endpoint
    if (address.kind === 'pipe') this.owner.onResolved(this, [])
    else if (isIP(address.host) !== 0) this.owner.onResolved(this, [address.host])
    else this.deps.dns.resolve(address.host, this.dns, answer => this.onAnswer(answer))
  }

  onTimer(): void {
    this.resolve()
  }

  close(): void {
    this.closed = true
    this.deps.wheel.clear(this.timer)
  }

  /** The endpoint at each of these addresses. */
  endpointsAt(addresses: readonly string[]): readonly EndpointConfig[] {
    const { address } = this.endpoint
    if (address.kind === 'pipe') return [this.endpoint]
    const hostname = this.endpoint.hostname === '' ? address.host : this.endpoint.hostname
    return addresses.map(host => ({ ...this.endpoint, hostname, address: { kind: 'tcp', host, port: address.port } }))
  }

  private onAnswer(answer: DnsAnswer | null): void {
    if (this.closed) return
    this.failures = answer === null ? this.failures + 1 : 0
    this.deps.wheel.set(this.timer, answer === null ? this.backoffMs() : this.refreshMs(answer))
    this.owner.onResolved(this, answer === null ? null : answer.addresses.slice(0, MAX_ADDRESSES))
  }

  private refreshMs({ ttlMs }: DnsAnswer): number {
    return this.dns.respectTtl && ttlMs !== null ? Math.max(ttlMs, SHORTEST_TTL_MS) : this.dns.refreshMs
  }

  /** Full jitter above the base, doubled with every failure. */
  private backoffMs(): number {
    const { baseMs, maxMs } = this.dns.failureRefresh
    const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(this.failures - 1, 20))
    return baseMs + Math.floor(this.deps.random() * Math.max(0, ceiling - baseMs))
  }
}
