import type { Slot } from '@meshwork/core/metrics'
import { CheckRequest } from '@meshwork/protos/envoy/service/auth/v3/external_auth'
import type { ConnectionFacts } from '../../filters/filter.ts'
import { certificateOf, grpcCheck, grpcVerdict, peer, principalOf } from '../../filters/ext-authz/grpc-service.ts'
import type { GrpcServiceFields } from '../../filters/ext-authz/settings.ts'
import { ERROR, type Verdict } from '../../filters/ext-authz/verdict.ts'
import type { MetadataPredicate } from '../../route/match-value.ts'
import { type SideCall, type SideCallOwner, type SideResponse, startSideCall } from '../../upstream/side-call.ts'
import {
  CLOSED,
  GO_ON,
  HOLD,
  type NetworkConnection,
  type NetworkFilter,
  type NetworkFilterBlueprint,
  type NetworkFilterDeps,
  type NetworkStatus,
} from '../network-filter.ts'

export const NETWORK_EXT_AUTHZ = 'envoy.filters.network.ext_authz'

/** `envoy.extensions.filters.network.ext_authz.v3.ExtAuthz`. */
export interface NetworkExtAuthzConfig {
  readonly statPrefix: string
  readonly service: GrpcServiceFields
  readonly failureModeAllow: boolean
  readonly includesCertificate: boolean
  readonly includesTls: boolean
  /** null: the service is asked about every connection. */
  readonly enabledMetadata: MetadataPredicate | null
}

const COUNTERS = ['total', 'ok', 'denied', 'error', 'disabled', 'failure_mode_allowed', 'cx_closed'] as const
type Counter = (typeof COUNTERS)[number]

/** The check of one connection. */
class Check implements SideCallOwner {
  private readonly filter: NetworkExtAuthz
  private readonly connection: NetworkConnection
  call: SideCall | null = null
  /** null: the service has not answered yet. */
  allowed: boolean | null = null
  /** The connection waits for the answer; before, the answer is only noted. */
  held = false

  constructor(filter: NetworkExtAuthz, connection: NetworkConnection) {
    this.filter = filter
    this.connection = connection
  }

  onSideResponse(response: SideResponse): void {
    this.settle(grpcVerdict(response))
  }

  onSideFailure(): void {
    this.settle(ERROR)
  }

  private settle(verdict: Verdict): void {
    this.call = null
    this.allowed = this.filter.judge(this.connection, verdict)
    if (!this.held) return
    if (this.allowed) this.connection.resume()
    else this.filter.end(this.connection)
  }
}

/** Asks a service whether a connection may pass, before a byte of it goes on. */
class NetworkExtAuthz implements NetworkFilter {
  private readonly config: NetworkExtAuthzConfig
  private readonly deps: NetworkFilterDeps
  private readonly slots: ReadonlyMap<Counter, Slot>
  /** Connections that wait for an answer. */
  private readonly checks = new Map<NetworkConnection, Check>()

  constructor(config: NetworkExtAuthzConfig, deps: NetworkFilterDeps) {
    const prefix = config.statPrefix.replace(/\.$/, '')
    const scope = deps.stats.scope(`ext_authz.${prefix}.`, 'envoy_ext_authz_', { envoy_ext_authz_prefix: prefix })
    this.config = config
    this.deps = deps
    this.slots = new Map(COUNTERS.map(name => [name, scope.counter(name)]))
  }

  onConnection(connection: NetworkConnection): NetworkStatus {
    const { config, deps } = this
    const { facts } = connection
    if (config.enabledMetadata?.({ dynamicMetadata: name => facts.metadata[name] ?? null }) === false) {
      this.count('disabled')
      return GO_ON
    }
    this.count('total')
    const check = new Check(this, connection)
    check.call = startSideCall(deps.cluster(config.service.cluster), grpcCheck(config.service, this.question(facts)), check)
    if (check.allowed === null) {
      check.held = true
      this.checks.set(connection, check)
      return HOLD
    }
    if (check.allowed) return GO_ON
    this.end(connection)
    return CLOSED
  }

  onClosed(connection: NetworkConnection): void {
    this.checks.get(connection)?.call?.cancel()
    this.checks.delete(connection)
  }

  judge(connection: NetworkConnection, verdict: Verdict): boolean {
    this.checks.delete(connection)
    if (verdict.kind === 'error') {
      this.count('error')
      if (this.config.failureModeAllow) this.count('failure_mode_allowed')
      return this.config.failureModeAllow
    }
    if (verdict.metadata !== null) connection.mergeMetadata(NETWORK_EXT_AUTHZ, verdict.metadata)
    this.count(verdict.kind === 'allowed' ? 'ok' : 'denied')
    return verdict.kind === 'allowed'
  }

  end(connection: NetworkConnection): void {
    this.count('cx_closed')
    connection.close('ext_authz_close')
  }

  private count(name: Counter): void {
    const slot = this.slots.get(name)
    if (slot !== undefined) this.deps.stats.add(slot, 1)
  }

  private question(facts: ConnectionFacts): CheckRequest {
    const { includesCertificate, includesTls } = this.config
    return CheckRequest.fromPartial({
      attributes: {
        source: peer(facts.remoteAddress, facts.remotePort, principalOf(facts), includesCertificate ? certificateOf(facts) : ''),
        destination: peer(facts.localAddress, facts.localPort, facts.localUriSan, ''),
        ...(includesTls && facts.isTls ? { tlsSession: { sni: facts.requestedServerName } } : {}),
      },
    })
  }
}

export function networkExtAuthz(config: NetworkExtAuthzConfig): NetworkFilterBlueprint {
  return { kind: 'filter', name: NETWORK_EXT_AUTHZ, compile: deps => new NetworkExtAuthz(config, deps) }
}
