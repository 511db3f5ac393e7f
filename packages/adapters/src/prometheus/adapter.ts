import type { Adapter, AdapterHandler, InstanceValue, MetricInstance } from '@meshwork/adapter-sdk'
import { valueToText } from '@meshwork/core/attributes'
import { messageOf } from '@meshwork/core/result'
import { Params } from '@meshwork/protos/istio/mixer/adapter/config/prometheus'
import { definitionKey, type MetricDefinition, metricDefinition } from './definition.ts'
import type { MetricStore } from './metric-store.ts'

const NANOS_PER_SECOND = 1e9

/** A measured value as a number; durations in seconds. */
function numberOf(value: InstanceValue | undefined): number {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return value
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value)
  if (typeof value === 'object' && !(value instanceof Uint8Array) && value.kind === 'span') return Number(value.nanos) / NANOS_PER_SECOND
  throw new Error(`value '${valueToText(value)}' is not a number`)
}

/** How an IP address becomes a label: `10.1.2.3`, or the list of its bytes that Mixer 1.0 wrote. */
export type AddressLabels = 'text' | 'bytes'

/** The dimensions must be exactly the labels that the metric is defined with. */
function labelsOf(
  definition: MetricDefinition,
  dimensions: ReadonlyMap<string, InstanceValue>,
  addresses: AddressLabels,
): Record<string, string> {
  const surplus = [...dimensions.keys()].find(name => !definition.labels.includes(name))
  if (surplus !== undefined) throw new Error(`dimension '${surplus}' is not a label of ${definition.name}`)
  // In the order of names, in which scrapers expect them.
  return Object.fromEntries(
    definition.labels.toSorted().map(label => {
      const value = dimensions.get(label)
      if (value === undefined) throw new Error(`label '${label}' of ${definition.name} has no dimension`)
      return [label, value instanceof Uint8Array && addresses === 'bytes' ? `[${value.join(' ')}]` : valueToText(value)]
    }),
  )
}

interface Definitions {
  readonly byInstance: ReadonlyMap<string, MetricDefinition>
  readonly errors: readonly string[]
}

/** A metric that cannot be is left out; its instances then fail, the others do not. */
export function readDefinitions(params: Params): Definitions {
  const byInstance = new Map<string, MetricDefinition>()
  const keys = new Map<string, string>()
  const errors: string[] = []
  for (const info of params.metrics) {
    try {
      const definition = metricDefinition(info)
      const key = definitionKey(definition)
      if ((keys.get(definition.name) ?? key) !== key) throw new Error('is defined twice, and differently')
      keys.set(definition.name, key)
      byInstance.set(definition.instanceName, definition)
    } catch (error) {
      errors.push(`metric '${info.name || info.instanceName}': ${messageOf(error)}`)
    }
  }
  return { byInstance, errors }
}

class PrometheusHandler implements AdapterHandler {
  private readonly definitions: Definitions
  private readonly store: MetricStore
  private readonly addresses: AddressLabels

  constructor(definitions: Definitions, store: MetricStore, addresses: AddressLabels) {
    this.definitions = definitions
    this.store = store
    this.addresses = addresses
  }

  /** Records what can be recorded, then says what could not. */
  metric(instances: readonly MetricInstance[]): void {
    const errors = new Set<string>()
    for (const instance of instances) {
      try {
        this.record(instance)
      } catch (error) {
        errors.add(`${instance.name}: ${messageOf(error)}`)
      }
    }
    if (errors.size > 0) throw new Error([...errors].join('; '))
  }

  private record(instance: MetricInstance): void {
    const definition = this.definitions.byInstance.get(instance.name) ?? this.store.earlierDefinition(instance.name)
    if (definition === undefined) {
      throw new Error(['no metric is defined for this instance', ...this.definitions.errors].join('; '))
    }
    const labels = labelsOf(definition, instance.dimensions, this.addresses)
    this.store.record(definition, labels, numberOf(instance.value))
  }
}

/** Exposes metrics for scraping (mixer.md 6.5). The store is the process's, not the handler's: it outlives reconfiguration. */
export function prometheusAdapter(store: MetricStore, addresses: AddressLabels = 'text'): Adapter<Params> {
  return {
    name: 'prometheus',
    paramsType: 'adapter.prometheus.config.Params',
    decodeParams: bytes => Params.decode(bytes),
    build: params => {
      const definitions = readDefinitions(params)
      for (const definition of definitions.byInstance.values()) store.ensure(definition)
      return new PrometheusHandler(definitions, store, addresses)
    },
  }
}
