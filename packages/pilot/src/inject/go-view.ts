import { type Fields, isFields } from './json.ts'

/** Fields whose keys are the user's own. */
const MAPS: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'nodeSelector',
  'limits',
  'requests',
  'matchLabels',
  'overhead',
  'proxyMetadata',
  'runtimeValues',
])
/** Words that Go writes in capitals. */
const CAPITALS = /^(?:uid|ip|url|tls|uri|sds|id|pid|ipc|dns|ca|cpu|http|https|tcp|udp|grpc|api|fqdn|acme|jwks|xds)(?=[A-Z]|$)/

/** Objects as JSON has them, by their view. */
const originals = new WeakMap<object, Fields>()

/**
 * An object as templates of Istio name its fields: `.ObjectMeta.Name`, `.Spec.Containers`. Fields keep their own names too. The
 * contents of maps (labels, annotations) stay as they are.
 */
export function goView(value: Fields): Fields {
  const view: Record<string, unknown> = {}
  for (const [field, content] of Object.entries(value)) {
    const seen = MAPS.has(field) ? content : viewOf(content)
    view[field] = seen
    view[goName(field)] = seen
  }
  originals.set(view, value)
  return view
}

/** What a view shows; other values are themselves. */
export function originalOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(originalOf)
  return isFields(value) ? (originals.get(value) ?? value) : value
}

function viewOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(viewOf)
  return isFields(value) ? goView(value) : value
}

function goName(field: string): string {
  const capital = CAPITALS.exec(field)?.[0]
  if (capital !== undefined) return capital.toUpperCase() + field.slice(capital.length)
  return field.charAt(0).toUpperCase() + field.slice(1)
}
