import type { ConfigDump } from '../../mesh-api/config-dump.ts'
import type { RowOrigin, RowOrigins } from '../../mesh-api/row-origins.ts'
import { asList, asObject, asText, at, type Json } from '../../mesh-api/json-reader.ts'

export interface ListenerRow extends RowOrigin {
  readonly name: string
  readonly address: string
  /** What the filter chain is for: `ALL`, or its match. */
  readonly match: string
  /** Where it leads: a route configuration or a cluster. */
  readonly destination: string
  readonly tls: boolean
}

export function listenerRows(dump: ConfigDump, origins: RowOrigins): readonly ListenerRow[] {
  return dump.listeners.flatMap(listener => {
    const socket = at(listener, 'address', 'socket_address')
    const address = `${asText(at(socket, 'address'))}:${asText(at(socket, 'port_value'))}`
    const chains = [
      ...asList(listener['filter_chains']),
      ...(listener['default_filter_chain'] === undefined ? [] : [listener['default_filter_chain']]),
    ]
    return chains.map(asObject).map(chain => ({
      name: asText(listener['name']),
      address,
      match: matchOf(asObject(chain['filter_chain_match'])),
      destination: destinationOf(chain),
      tls: chain['transport_socket'] !== undefined,
      ...origins.ofListener(asText(at(socket, 'address')), portOf(chain, asText(at(socket, 'port_value')))),
    }))
  })
}

/** A chain of a capturing listener is for the port that was dialled, and a gateway's table is called for the port of its Gateway. */
function portOf(chain: Json, own: string): number {
  const [, ofGateway] = /^Route: https?\.(\d+)/.exec(destinationOf(chain)) ?? []
  return Number(ofGateway ?? (asText(at(chain, 'filter_chain_match', 'destination_port')) || own))
}

function matchOf(match: Json): string {
  const parts = [
    ...label('sni', asList(match['server_names']).map(asText)),
    ...label('alpn', asList(match['application_protocols']).map(asText)),
    ...label('transport', [asText(match['transport_protocol'])]),
    ...label('port', [asText(match['destination_port'])]),
    ...label(
      'ip',
      asList(match['prefix_ranges']).map(range => `${asText(at(range, 'address_prefix'))}/${asText(at(range, 'prefix_len'))}`),
    ),
  ]
  return parts.length === 0 ? 'ALL' : parts.join('; ')
}

function label(name: string, values: readonly string[]): readonly string[] {
  const given = values.filter(value => value !== '')
  return given.length === 0 ? [] : [`${name}: ${given.join(',')}`]
}

function destinationOf(chain: Json): string {
  for (const filter of asList(chain['filters'])) {
    const config = asObject(at(filter, 'typed_config'))
    const rds = asText(at(config, 'rds', 'route_config_name'))
    if (rds !== '') return `Route: ${rds}`
    const inline = asText(at(config, 'route_config', 'name'))
    if (inline !== '') return `Inline route: ${inline}`
    const cluster = asText(config['cluster'])
    if (cluster !== '') return `Cluster: ${cluster}`
  }
  return ''
}
