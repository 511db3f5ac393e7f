import { decodeJson, type JsonValue } from '@meshwork/protos/json'
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '@meshwork/xds/types'

/** What a bootstrap adds to a dump, in the forms of envoy.admin.v3's sections. Without a bootstrap all are empty. */
export interface StaticParts {
  readonly bootstrap: JsonValue | null
  readonly clusters: readonly JsonValue[]
  readonly listeners: readonly JsonValue[]
  readonly routes: readonly JsonValue[]
  readonly secrets: readonly JsonValue[]
}

interface JsonObject {
  [key: string]: JsonValue
}

export function staticParts(bytes: Uint8Array | null): StaticParts {
  if (bytes === null) return { bootstrap: null, clusters: [], listeners: [], routes: [], secrets: [] }
  const bootstrap = decodeJson('envoy.config.bootstrap.v3.Bootstrap', bytes)
  const resources = objectOf(objectOf(bootstrap)['static_resources'])
  const listeners = listOf(resources['listeners'])
  return {
    bootstrap,
    clusters: listOf(resources['clusters']).map(cluster => ({ cluster: typed(CLUSTER_TYPE, cluster) })),
    listeners: listeners.map(listener => ({ listener: typed(LISTENER_TYPE, listener) })),
    routes: listeners.flatMap(routesOf).map(table => ({ route_config: typed(ROUTE_TYPE, table) })),
    secrets: listOf(resources['secrets']).map(secret => ({ name: objectOf(secret)['name'] ?? '', secret: typed(SECRET_TYPE, secret) })),
  }
}

/** Tables that stand in the connection managers themselves. */
function routesOf(listener: JsonValue): readonly JsonValue[] {
  const { filter_chains: chains, default_filter_chain: rest } = objectOf(listener)
  return [...listOf(chains), ...(rest === undefined ? [] : [rest])]
    .flatMap(chain => listOf(objectOf(chain)['filters']))
    .flatMap(filter => objectOf(objectOf(filter)['typed_config'])['route_config'] ?? [])
}

function typed(typeUrl: string, value: JsonValue): JsonValue {
  return { '@type': typeUrl, ...objectOf(value) }
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}
