import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import { readClientHello } from '../../net/client-hello.ts'
import type { ArrivingConnection } from '../arriving-connection.ts'
import { CLOSE, type Inspected, type ListenerFilter, type ListenerFilterBlueprint, MORE, NEXT } from '../listener-filter.ts'

export const TLS_INSPECTOR = 'envoy.filters.listener.tls_inspector'

/** Reads the ClientHello without taking part in the handshake: server name, offered protocols, and that it is TLS at all. */
class TlsInspector implements ListenerFilter {
  private readonly stats: StatsRegistry
  private readonly tlsFound: Slot
  private readonly tlsNotFound: Slot
  private readonly sniFound: Slot
  private readonly sniNotFound: Slot
  private readonly alpnFound: Slot
  private readonly alpnNotFound: Slot
  private readonly tooLarge: Slot

  constructor(stats: StatsRegistry) {
    const scope = stats.scope('tls_inspector.', 'envoy_tls_inspector_', {})
    this.stats = stats
    this.tlsFound = scope.counter('tls_found')
    this.tlsNotFound = scope.counter('tls_not_found')
    this.sniFound = scope.counter('sni_found')
    this.sniNotFound = scope.counter('sni_not_found')
    this.alpnFound = scope.counter('alpn_found')
    this.alpnNotFound = scope.counter('alpn_not_found')
    this.tooLarge = scope.counter('client_hello_too_large')
  }

  inspect(connection: ArrivingConnection, bytes: Buffer): Inspected {
    const outcome = readClientHello(bytes)
    switch (outcome.kind) {
      case 'more':
        return MORE
      case 'not-tls':
        this.stats.add(this.tlsNotFound, 1)
        return NEXT
      case 'too-large':
        this.stats.add(this.tooLarge, 1)
        return CLOSE
      case 'hello': {
        const { hello } = outcome
        this.stats.add(this.tlsFound, 1)
        this.stats.add(hello.serverName === '' ? this.sniNotFound : this.sniFound, 1)
        this.stats.add(hello.alpn.length === 0 ? this.alpnNotFound : this.alpnFound, 1)
        connection.transportProtocol = 'tls'
        connection.hello = hello
        connection.requestedServerName = hello.serverName
        connection.applicationProtocols = hello.alpn
        return NEXT
      }
    }
  }
}

export const tlsInspector: ListenerFilterBlueprint = {
  name: TLS_INSPECTOR,
  compile: ({ stats }) => new TlsInspector(stats),
}
