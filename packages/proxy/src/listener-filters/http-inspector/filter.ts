import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { ArrivingConnection } from '../arriving-connection.ts'
import { type Inspected, type ListenerFilter, type ListenerFilterBlueprint, MORE, NEXT } from '../listener-filter.ts'
import { sniffHttp } from './sniff-http.ts'

export const HTTP_INSPECTOR = 'envoy.filters.listener.http_inspector'

/** Tells HTTP in the clear by its first bytes. Does nothing where TLS was found before. */
class HttpInspector implements ListenerFilter {
  private readonly stats: StatsRegistry
  private readonly found: Readonly<Record<'http/1.0' | 'http/1.1' | 'h2c' | 'other', Slot>>

  constructor(stats: StatsRegistry) {
    const scope = stats.scope('http_inspector.', 'envoy_http_inspector_', {})
    this.stats = stats
    this.found = {
      'http/1.0': scope.counter('http10_found'),
      'http/1.1': scope.counter('http11_found'),
      h2c: scope.counter('http2_found'),
      other: scope.counter('http_not_found'),
    }
  }

  inspect(connection: ArrivingConnection, bytes: Buffer): Inspected {
    if (connection.transportProtocol === 'tls') return NEXT
    const protocol = sniffHttp(bytes)
    if (protocol === 'more') return MORE
    this.stats.add(this.found[protocol], 1)
    if (protocol !== 'other') connection.applicationProtocols = [protocol]
    return NEXT
  }
}

export const httpInspector: ListenerFilterBlueprint = {
  name: HTTP_INSPECTOR,
  compile: ({ stats }) => new HttpInspector(stats),
}
