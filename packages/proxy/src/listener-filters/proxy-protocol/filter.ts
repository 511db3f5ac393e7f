import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { ArrivingConnection, ProxyTlv } from '../arriving-connection.ts'
import { CLOSE, type Inspected, type ListenerFilter, type ListenerFilterBlueprint, MORE, NEXT } from '../listener-filter.ts'
import { type ProxyHeader, readProxyHeader } from './parse-header.ts'

export const PROXY_PROTOCOL = 'envoy.filters.listener.proxy_protocol'

/** `envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol`. */
export interface ProxyProtocolConfig {
  /** Extensions of version 2 that become dynamic metadata. */
  readonly rules: readonly { readonly type: number; readonly namespace: string; readonly key: string }[]
  readonly allowWithoutHeader: boolean
  /** Whether an extension is kept for upstreams that are sent a PROXY header. */
  readonly passesOn: (type: number) => boolean
  readonly disallowedVersions: readonly (1 | 2)[]
  readonly statPrefix: string
}

/** Takes the client's addresses from a PROXY header, which is then removed. */
class ProxyProtocolFilter implements ListenerFilter {
  private readonly config: ProxyProtocolConfig
  private readonly stats: StatsRegistry
  private readonly found: Readonly<Record<1 | 2, Slot>>
  private readonly disallowed: Readonly<Record<1 | 2, Slot>>
  private readonly errors: Readonly<Record<1 | 2, Slot>>
  private readonly allErrors: Slot
  private readonly notFoundAllowed: Slot
  private readonly notFoundDisallowed: Slot

  constructor(config: ProxyProtocolConfig, stats: StatsRegistry) {
    const prefix = config.statPrefix === '' ? '' : `${config.statPrefix}.`
    const scope = stats.scope(`proxy_proto.${prefix}`, 'envoy_proxy_proto_', {})
    this.config = config
    this.stats = stats
    this.found = { 1: scope.counter('versions.v1.found'), 2: scope.counter('versions.v2.found') }
    this.disallowed = { 1: scope.counter('versions.v1.disallowed'), 2: scope.counter('versions.v2.disallowed') }
    this.errors = { 1: scope.counter('versions.v1.error'), 2: scope.counter('versions.v2.error') }
    this.allErrors = stats.scope('', 'envoy_', {}).counter('downstream_cx_proxy_proto_error')
    this.notFoundAllowed = scope.counter('not_found_allowed')
    this.notFoundDisallowed = scope.counter('not_found_disallowed')
  }

  inspect(connection: ArrivingConnection, bytes: Buffer): Inspected {
    const outcome = readProxyHeader(bytes)
    switch (outcome.kind) {
      case 'more':
        return MORE
      case 'absent':
        return this.withoutHeader()
      case 'malformed':
        return this.refuse(outcome.version)
      case 'header':
        return this.accept(connection, outcome.header)
    }
  }

  private withoutHeader(): Inspected {
    this.stats.add(this.config.allowWithoutHeader ? this.notFoundAllowed : this.notFoundDisallowed, 1)
    return this.config.allowWithoutHeader ? NEXT : this.refuse(1)
  }

  private refuse(version: 1 | 2): Inspected {
    this.stats.add(this.errors[version], 1)
    this.stats.add(this.allErrors, 1)
    return CLOSE
  }

  private accept(connection: ArrivingConnection, header: ProxyHeader): Inspected {
    const { version, addresses, tlvs, length } = header
    if (this.config.disallowedVersions.includes(version)) {
      // Where a header may be missing, one of another version counts as the first bytes of the client.
      if (this.config.allowWithoutHeader) return this.withoutHeader()
      this.stats.add(this.found[version], 1)
      this.stats.add(this.disallowed[version], 1)
      return CLOSE
    }
    this.stats.add(this.found[version], 1)
    connection.consume(length)
    if (addresses !== null) {
      connection.remoteAddress = addresses.source
      connection.remotePort = addresses.sourcePort
      connection.goTo({ host: addresses.destination, port: addresses.destinationPort })
    }
    for (const tlv of tlvs) this.note(connection, tlv)
    connection.proxyTlvs = tlvs.filter(({ type }) => this.config.passesOn(type))
    return NEXT
  }

  private note(connection: ArrivingConnection, { type, value }: ProxyTlv): void {
    for (const rule of this.config.rules) {
      if (rule.type === type) connection.addMetadata(rule.namespace, rule.key, value.toString('utf8'))
    }
  }
}

export function proxyProtocol(config: ProxyProtocolConfig): ListenerFilterBlueprint {
  return { name: PROXY_PROTOCOL, compile: ({ stats }) => new ProxyProtocolFilter(config, stats) }
}
