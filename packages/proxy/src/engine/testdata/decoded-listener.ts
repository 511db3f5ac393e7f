import { err, formatViolation, ok, type Result } from '@meshwork/core/result'
import { encodeJson, type JsonValue } from '@meshwork/protos/json'
import { FilterCatalog, type HttpFilterCodec } from '../../decode/filter-codec.ts'
import { listenerType } from '../../decode/resource-types.ts'
import { routerCodec } from '../../filters/router/config.ts'
import type { ListenerConfig } from '../../model/listener.ts'

/** A `Listener` as Envoy's users write it, at an ephemeral port. The error is every violation. */
export function decodedListener(
  json: Readonly<Record<string, JsonValue>>,
  codecs: readonly HttpFilterCodec[] = [],
): Result<ListenerConfig, readonly string[]> {
  const address = { socket_address: { address: '127.0.0.1', port_value: 0 } }
  const encoded = encodeJson('envoy.config.listener.v3.Listener', { name: 'main', address, ...json })
  if (encoded.kind === 'err') return err(encoded.error.map(({ path, message }) => `${path}: ${message}`))
  const decoded = listenerType(new FilterCatalog([...codecs, routerCodec])).decode(encoded.value)
  return decoded.kind === 'err' ? err(decoded.error.map(formatViolation)) : ok(decoded.value)
}

/** The connection manager of a filter chain that answers `ok` to what passes its filters. */
export function answeringChain(...httpFilters: readonly JsonValue[]): JsonValue {
  const router = { name: 'router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }
  const routes = [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } }]
  return {
    filters: [
      {
        name: 'http',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
          stat_prefix: 'in',
          route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
          http_filters: [...httpFilters, router],
        },
      },
    ],
  }
}
