import { asList, asObject, asText, at, type Json } from './json-reader.ts'

/** A proxy's configuration as its admin endpoint tells it, in the shape of Envoy's `/config_dump` (envoy.admin.v3), ours or Envoy's own. */
export interface ConfigDump {
  readonly bootstrap: Json | null
  readonly listeners: readonly Json[]
  readonly routes: readonly Json[]
  readonly clusters: readonly Json[]
  readonly endpoints: readonly Json[]
  readonly secrets: readonly Json[]
}

export function readConfigDump(answer: unknown): ConfigDump {
  const sections = asList(asObject(answer)['configs']).map(asObject)
  const section = (name: string): Json => sections.find(each => asText(each['@type']).endsWith(`.${name}`)) ?? {}
  const bootstrap = section('BootstrapConfigDump')['bootstrap']
  const listeners = section('ListenersConfigDump')
  const routes = section('RoutesConfigDump')
  const clusters = section('ClustersConfigDump')
  const endpoints = section('EndpointsConfigDump')
  const secrets = section('SecretsConfigDump')
  return {
    bootstrap: bootstrap === undefined ? null : asObject(bootstrap),
    listeners: [...inner(listeners, 'static_listeners', 'listener'), ...inner(listeners, 'dynamic_listeners', 'active_state', 'listener')],
    routes: [...inner(routes, 'static_route_configs', 'route_config'), ...inner(routes, 'dynamic_route_configs', 'route_config')],
    clusters: [...inner(clusters, 'static_clusters', 'cluster'), ...inner(clusters, 'dynamic_active_clusters', 'cluster')],
    endpoints: [
      ...inner(endpoints, 'static_endpoint_configs', 'endpoint_config'),
      ...inner(endpoints, 'dynamic_endpoint_configs', 'endpoint_config'),
    ],
    secrets: [...asList(secrets['static_secrets']), ...asList(secrets['dynamic_active_secrets'])].map(asObject),
  }
}

function inner(section: Json, list: string, ...path: readonly string[]): readonly Json[] {
  return asList(section[list]).flatMap(item => {
    const value = at(item, ...path)
    return value === undefined ? [] : [asObject(value)]
  })
}

/**
 * The object that a resource was made from: our pilot's `file:line` if it says so, else Istio's path of the object
 * (`metadata.filter_metadata`, keys `meshwork` and `istio`); empty if neither.
 */
export function originOf(resource: Json): string {
  const metadata = at(resource, 'metadata', 'filter_metadata')
  return asText(at(metadata, 'meshwork', 'origin')) || asText(at(metadata, 'istio', 'config'))
}
