import type { FilterBlueprint } from '../filter.ts'

export const ROUTER_FILTER = 'envoy.filters.http.router'

/** `envoy.extensions.filters.http.router.v3.Router`: the end of every chain. Its work is done by the connection manager. */
export interface RouterBlueprint extends FilterBlueprint {
  /** Do not add `x-envoy-*` headers to requests and responses. */
  readonly suppressEnvoyHeaders: boolean
}

export function routerBlueprint(suppressEnvoyHeaders: boolean = false): RouterBlueprint {
  return { name: ROUTER_FILTER, suppressEnvoyHeaders, compile: () => null }
}
