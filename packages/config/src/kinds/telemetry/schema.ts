import { constrained, from, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { ONE_TARGET, targetReferences, workloadSelector } from '../shape/policy-target.ts'
import { duration, flag, listField, mapField, nonEmptyText, number, oneOf, text } from '../shape/values.ts'
import { BOTH_ENDS } from './defaults.ts'
import {
  type AccessLogging,
  type CustomTag,
  METRIC_NAMES,
  type MetricName,
  type MetricOverride,
  type Metrics,
  type ProviderName,
  type TagOverride,
  type TelemetrySpec,
  type Tracing,
  type WorkloadMode,
} from './type.ts'

const mode = orElse(oneOf<WorkloadMode>('CLIENT_AND_SERVER', 'CLIENT', 'SERVER'), BOTH_ENDS.mode)
const match = orElse(object<AccessLogging['match']>({ mode }), BOTH_ENDS)
const providers = listField(object<ProviderName>({ name: required(nonEmptyText) }))

const accessLogging = object<AccessLogging>({
  match,
  providers,
  disabled: optional(flag),
  filter: optional(object<NonNullable<AccessLogging['filter']>>({ expression: orElse(text, '') })),
})

const override = object<MetricOverride>({
  match: orElse(
    object<MetricOverride['match']>(
      { metric: orElse(oneOf<MetricName>(...METRIC_NAMES), 'ALL_METRICS'), customMetric: optional(nonEmptyText), mode },
      { atMostOne: [['metric', 'customMetric']] },
    ),
    Object.freeze({ metric: 'ALL_METRICS', ...BOTH_ENDS }),
  ),
  disabled: optional(flag),
  tagOverrides: mapField(
    object<TagOverride>({ operation: orElse(oneOf<TagOverride['operation']>('UPSERT', 'REMOVE'), 'UPSERT'), value: orElse(text, '') }),
  ),
})

const metrics = object<Metrics>({
  providers,
  overrides: listField(override),
  reportingIntervalMs: from('reportingInterval', optional(duration)),
})

const named = object<NonNullable<CustomTag['header']>>({ name: required(nonEmptyText), defaultValue: orElse(text, '') })
const valued = object<NonNullable<CustomTag['literal']>>({ value: required(nonEmptyText) })
const customTag = object<CustomTag>(
  { literal: optional(valued), environment: optional(named), header: optional(named), formatter: optional(valued) },
  { atMostOne: [['literal', 'environment', 'header', 'formatter']] },
)

const tracing = object<Tracing>({
  match,
  providers,
  randomSamplingPercentage: optional(constrained(number, { minimum: 0, maximum: 100 })),
  disableSpanReporting: optional(flag),
  enableIstioTags: optional(flag),
  useRequestIdForTraceSampling: optional(flag),
  customTags: mapField(customTag),
})

export const telemetryShape: Shape<TelemetrySpec> = constrained(
  object<TelemetrySpec>(
    {
      selector: optional(workloadSelector),
      targetRefs: targetReferences,
      accessLogging: listField(accessLogging),
      metrics: listField(metrics),
      tracing: listField(tracing),
    },
    { atMostOne: ONE_TARGET },
  ),
  { description: 'What is logged, counted and traced' },
)
