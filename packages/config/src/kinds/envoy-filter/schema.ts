import { constrained, deprecated, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { targetReferences } from '../shape/policy-target.ts'
import { anyObject, count, integer, labels, listField, oneOf, text } from '../shape/values.ts'
import { ANY_LISTENER, FIRST, MATCHES_ALL } from './defaults.ts'
import type * as ef from './type.ts'

type Filter = NonNullable<ef.FilterChainMatch['filter']>
type Vhost = NonNullable<ef.RouteConfigurationMatch['vhost']>

const portNumber = orElse(count, 0)

const listener = object<ef.ListenerMatch>({
  name: optional(text),
  portNumber,
  portName: optional(text),
  listenerFilter: optional(text),
  filterChain: optional(
    object<ef.FilterChainMatch>({
      name: optional(text),
      sni: optional(text),
      transportProtocol: optional(text),
      applicationProtocols: optional(text),
      destinationPort: portNumber,
      filter: optional(
        object<Filter>({ name: optional(text), subFilter: optional(object<NonNullable<Filter['subFilter']>>({ name: optional(text) })) }),
      ),
    }),
  ),
})

const routeConfiguration = object<ef.RouteConfigurationMatch>({
  name: optional(text),
  portNumber,
  portName: optional(text),
  gateway: optional(text),
  vhost: optional(
    object<Vhost>({
      name: optional(text),
      domainName: optional(text),
      route: optional(
        object<NonNullable<Vhost['route']>>({
          name: optional(text),
          action: orElse(oneOf('ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'), 'ANY'),
        }),
      ),
    }),
  ),
})

const match = object<ef.PatchMatch>({
  context: orElse(oneOf<ef.PatchContext>('ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'), 'ANY'),
  proxy: optional(object<NonNullable<ef.PatchMatch['proxy']>>({ proxyVersion: optional(text), metadata: labels })),
  listener: optional(listener),
  routeConfiguration: optional(routeConfiguration),
  cluster: optional(object<ef.ClusterMatch>({ name: optional(text), portNumber, service: optional(text), subset: optional(text) })),
  waypoint: optional(anyObject),
})

const operation = oneOf<ef.PatchOperation>('INVALID', 'MERGE', 'ADD', 'REMOVE', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE')

const patch = object<ef.Patch>({
  operation: orElse(operation, 'INVALID'),
  value: optional(anyObject),
  filterClass: orElse(oneOf('UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'), 'UNSPECIFIED'),
})

const place = oneOf<ef.PatchPlace>(
  'INVALID',
  'LISTENER',
  'FILTER_CHAIN',
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'ROUTE_CONFIGURATION',
  'VIRTUAL_HOST',
  'HTTP_ROUTE',
  'CLUSTER',
  'EXTENSION_CONFIG',
  'BOOTSTRAP',
  'LISTENER_FILTER',
)

const configPatch = object<ef.ConfigPatch>({
  applyTo: orElse(place, 'INVALID'),
  match: orElse(match, MATCHES_ALL),
  patch: optional(patch),
})

const listenerMatch = object<ef.AddedFilter['listenerMatch']>({
  portNumber,
  portNamePrefix: optional(text),
  listenerType: orElse(oneOf('ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY'), 'ANY'),
  listenerProtocol: orElse(oneOf('ALL', 'HTTP', 'TCP'), 'ALL'),
  address: listField(text),
})

const addedFilter = object<ef.AddedFilter>({
  listenerMatch: orElse(listenerMatch, ANY_LISTENER),
  insertPosition: orElse(
    object<ef.AddedFilter['insertPosition']>({
      index: orElse(oneOf('FIRST', 'LAST', 'BEFORE', 'AFTER'), 'FIRST'),
      relativeTo: optional(text),
    }),
    FIRST,
  ),
  filterType: orElse(oneOf('INVALID', 'HTTP', 'NETWORK'), 'INVALID'),
  filterName: orElse(text, ''),
  filterConfig: optional(anyObject),
})

export const envoyFilterShape: Shape<ef.EnvoyFilterSpec> = constrained(
  object<ef.EnvoyFilterSpec>({
    workloadSelector: optional(object<NonNullable<ef.EnvoyFilterSpec['workloadSelector']>>({ labels })),
    targetRefs: targetReferences,
    configPatches: listField(configPatch),
    priority: orElse(integer, 0),
    workloadLabels: deprecated(labels, 'workloadSelector'),
    filters: deprecated(listField(addedFilter), 'configPatches'),
  }),
  { description: "Changes to the proxies' own configuration" },
)
