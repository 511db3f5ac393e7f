import type { JsonValue } from '@meshwork/protos/json'
import { runtimeEntries } from '../decode/runtime-layers.ts'

const CORE = 'envoy.config.core.v3.Runtime'

/** Messages with a `runtime_key` and a `default_value`: what a runtime value means in place of the default; undefined: nothing. */
const DEFAULT_OF: Readonly<Record<string, (value: unknown) => JsonValue | undefined>> = {
  [`${CORE}FractionalPercent`]: fraction,
  [`${CORE}UInt32`]: wholeNumber,
  [`${CORE}Double`]: number,
  [`${CORE}Percent`]: value => {
    const percent = number(value)
    return percent === undefined ? undefined : { value: percent }
  },
  [`${CORE}FeatureFlag`]: value => (value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined),
}

/** Values of the static runtime layers of a bootstrap, in place of the defaults of fields that name their keys. */
export class RuntimeOverrides {
  /** Keys that a field named. */
  readonly used: Set<string> = new Set()
  private readonly values: Map<string, unknown>

  constructor(bootstrap: JsonValue) {
    const layers = asArray(member(member(bootstrap, 'layered_runtime', 'layeredRuntime'), 'layers'))
    this.values = new Map(layers.flatMap(layer => runtimeEntries(asObject(member(layer, 'static_layer', 'staticLayer')))))
  }

  /** The message as it stands, or with another default. */
  apply(typeName: string, message: JsonValue): JsonValue {
    const convert = DEFAULT_OF[typeName]
    const key = member(message, 'runtime_key', 'runtimeKey')
    if (convert === undefined || typeof key !== 'string' || !this.values.has(key)) return message
    this.used.add(key)
    const value = convert(this.values.get(key))
    return value === undefined ? message : { runtime_key: key, default_value: value }
  }
}

/** A number is of a hundred; more than that is always. */
function fraction(value: unknown): JsonValue | undefined {
  const percent = wholeNumber(value)
  if (percent !== undefined) return { numerator: Math.min(percent, 100), denominator: 'HUNDRED' }
  const { numerator, denominator } = asObject(value)
  if (typeof numerator !== 'number') return undefined
  return { numerator, denominator: typeof denominator === 'string' ? denominator : 'HUNDRED' }
}

function wholeNumber(value: unknown): number | undefined {
  const whole = number(value)
  return whole !== undefined && Number.isSafeInteger(whole) && whole >= 0 ? whole : undefined
}

/** Envoy reads numbers that are written as text as well. */
function number(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
}

function member(value: unknown, ...names: readonly string[]): unknown {
  const object = asObject(value)
  return names.map(name => object[name]).find(found => found !== undefined)
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
