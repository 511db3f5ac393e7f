import { valueAt } from '../route/match-value.ts'
import type { Operator } from './formatter.ts'
import type { StreamInfo } from './stream-info.ts'

/** Metadata by namespace, or null. */
type Source = (info: StreamInfo, namespace: string) => unknown

const dynamicMetadata: Source = (info, namespace) => info.dynamicMetadata(namespace)
const clusterMetadata: Source = (info, namespace) => info.clusterMetadata()?.[namespace]
const upstreamMetadata: Source = (info, namespace) => info.upstream?.metadata[namespace]
const routeMetadata: Source = (info, namespace) => info.route?.metadata[namespace]

/** Values of metadata: `NAMESPACE:KEY:KEY`, or `["NAMESPACE", "KEY"]` in the older form. */
export const METADATA_VALUES: Readonly<Record<string, (argument: string) => (info: StreamInfo) => unknown>> = {
  DYNAMIC_METADATA: argument => metadata(dynamicMetadata, argument),
  CLUSTER_METADATA: argument => metadata(clusterMetadata, argument),
  UPSTREAM_METADATA: argument => metadata(upstreamMetadata, argument),
  METADATA: typedMetadata,
}

/** Operators that print values of metadata. */
export const METADATA_OPERATORS: Readonly<Record<string, (argument: string) => Operator>> = {
  ...Object.fromEntries(Object.entries(METADATA_VALUES).map(([name, make]) => [name, printing(make)])),
  // Nothing here keeps filter state, so there is never a value.
  FILTER_STATE: () => () => null,
  UPSTREAM_FILTER_STATE: () => () => null,
}

function printing(make: (argument: string) => (info: StreamInfo) => unknown): (argument: string) => Operator {
  return argument => {
    const value = make(argument)
    return info => printed(value(info))
  }
}

const SOURCES: Readonly<Record<string, Source>> = {
  DYNAMIC: dynamicMetadata,
  CLUSTER: clusterMetadata,
  UPSTREAM_HOST: upstreamMetadata,
  ROUTE: routeMetadata,
}

export const METADATA_KINDS: ReadonlySet<string> = new Set(Object.keys(SOURCES))
/** Known to Envoy. */
export const MISSING_METADATA_KINDS: ReadonlySet<string> = new Set(['LISTENER', 'LISTENER_FILTER_CHAIN', 'VIRTUAL_HOST'])

/** `METADATA(ROUTE:namespace:key)`. */
function typedMetadata(argument: string): (info: StreamInfo) => unknown {
  const colon = argument.indexOf(':')
  const source = SOURCES[argument.slice(0, Math.max(colon, 0))]
  return source === undefined ? (): null => null : metadata(source, argument.slice(colon + 1))
}

function metadata(source: Source, argument: string): (info: StreamInfo) => unknown {
  const [namespace = '', ...path] = keysOf(argument)
  return info => valueAt(source(info, namespace) ?? undefined, path)
}

function keysOf(argument: string): readonly string[] {
  if (!argument.trimStart().startsWith('[')) return argument.split(':').map(key => key.trim())
  try {
    const keys: unknown = JSON.parse(argument)
    return Array.isArray(keys) ? keys.filter(key => typeof key === 'string') : []
  } catch {
    return []
  }
}

/** Texts as they are, everything else as JSON. */
function printed(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
