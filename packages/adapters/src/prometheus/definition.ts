import { type Params_MetricInfo, Params_MetricInfo_Kind } from '@meshwork/protos/istio/mixer/adapter/config/prometheus'
import { bucketBounds } from './buckets.ts'

/** One metric as it will be exposed. */
export interface MetricDefinition {
  /** Qualified name of the instance that feeds it: `requestcount.metric.istio-system`. */
  readonly instanceName: string
  /** With its namespace: `istio_requests_total`. */
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter' | 'distribution'
  readonly labels: readonly string[]
  readonly bounds: readonly number[]
}

const DEFAULT_NAMESPACE = 'istio'

/** A leading slash goes, `/`, `.` and space become `_`, `-` goes (mixer.md 6.5). */
export function safeName(name: string): string {
  return name.replace(/^\//, '').replace(/[/. ]/g, '_').replaceAll('-', '')
}

function kindOf(info: Params_MetricInfo): MetricDefinition['kind'] {
  switch (info.kind) {
    case Params_MetricInfo_Kind.GAUGE:
      return 'gauge'
    case Params_MetricInfo_Kind.COUNTER:
      return 'counter'
    case Params_MetricInfo_Kind.DISTRIBUTION:
      return 'distribution'
    default:
      throw new Error('kind must be GAUGE, COUNTER or DISTRIBUTION')
  }
}

/** Throws, with the reason, if the metric cannot be. */
export function metricDefinition(info: Params_MetricInfo): MetricDefinition {
  const shortName = info.name === '' ? info.instanceName : info.name
  const name = `${safeName(info.namespace === '' ? DEFAULT_NAMESPACE : info.namespace)}_${safeName(shortName)}`
  const labels = info.labelNames.map(safeName)
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new Error(`'${name}' is not a name of a metric`)
  const badLabel = labels.find(label => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label))
  if (badLabel !== undefined) throw new Error(`'${badLabel}' is not a name of a label`)
  const kind = kindOf(info)
  return {
    instanceName: info.instanceName,
    name,
    help: info.description === '' ? shortName : info.description,
    kind,
    labels,
    bounds: kind === 'distribution' ? bucketBounds(info.buckets) : [],
  }
}

/** Equal keys mean that recorded values may be kept. */
export function definitionKey({ name, help, kind, labels, bounds }: MetricDefinition): string {
  return JSON.stringify([name, help, kind, labels, bounds])
}
