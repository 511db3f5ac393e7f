import type { LayeredRuntime } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import type { ConnectionLimits } from '../net/connection-budget.ts'
import type { Report } from './report.ts'

const TOTAL_KEY = 'overload.global_downstream_max_connections'
const LISTENER_KEY = /^envoy\.resource_limits\.listener\.(.+)\.connection_limit$/
/** Other limits of the whole process that tell how much is allowed, not what is answered; and switches between versions of Envoy's code. */
const HARMLESS = /^(re2\.|envoy\.reloadable_features\.|envoy\.restart_features\.)/

/**
 * `bootstrap.layered_runtime`: the limits of connections, which Envoy has nowhere else for a listener. Other runtime values override
 * fields of the configuration: those that a field named (`applied`) have done so already, others are refused.
 */
export function decodeRuntimeLayers(
  runtime: LayeredRuntime | undefined,
  report: Report,
  applied: ReadonlySet<string> = NO_KEYS,
): ConnectionLimits {
  const listeners = new Map<string, number>()
  let total = Infinity
  for (const [i, { layerSpecifier }] of (runtime?.layers ?? []).entries()) {
    const layer = report.at('layers', i)
    if (layerSpecifier?.$case === 'adminLayer') continue
    if (layerSpecifier?.$case !== 'staticLayer') {
      layer.refuse('unsupported-field', `'${layerSpecifier?.$case ?? 'an empty layer'}' is not supported`)
      continue
    }
    for (const [key, value] of runtimeEntries(layerSpecifier.value ?? {})) {
      const at = layer.at('static_layer', key)
      const [, listener] = LISTENER_KEY.exec(key) ?? []
      // A later layer replaces an earlier one.
      if (key === TOTAL_KEY) total = limitOf(value, at)
      else if (listener !== undefined) listeners.set(listener, limitOf(value, at))
      else if (!HARMLESS.test(key) && !applied.has(key)) at.refuse('unsupported-field', 'is not supported')
    }
  }
  return { total, listeners }
}

const NO_KEYS: ReadonlySet<string> = new Set()

/** Keys and values of a layer. Envoy joins the names of nested fields with dots, except those of a fraction. */
export function runtimeEntries(layer: object, prefix: string = ''): readonly (readonly [string, unknown])[] {
  return Object.entries(layer).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !('numerator' in value) && !('denominator' in value)
      ? runtimeEntries(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as const],
  )
}

function limitOf(value: unknown, report: Report): number {
  const limit = typeof value === 'string' ? Number(value) : value
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) return limit
  report.refuse('out-of-range', 'must be a number of connections')
  return Infinity
}
