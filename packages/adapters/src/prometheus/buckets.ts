import type { Params_MetricInfo_BucketsDefinition } from '@meshwork/protos/istio/mixer/adapter/config/prometheus'

const DEFAULT_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** More would only be a mistake; each is a series per set of labels. */
const MOST_BUCKETS = 1000

/** Upper bounds of a distribution's buckets. Linear and exponential make one more than `num_finite_buckets` (mixer.md 6.5). */
export function bucketBounds(buckets: Params_MetricInfo_BucketsDefinition | undefined): readonly number[] {
  const definition = buckets?.definition
  if (definition === undefined) return DEFAULT_BOUNDS
  if (definition.$case === 'explicitBuckets') return definition.value.bounds.length === 0 ? DEFAULT_BOUNDS : definition.value.bounds
  const finite = definition.value.numFiniteBuckets
  if (finite < 1 || finite > MOST_BUCKETS) throw new Error(`num_finite_buckets must be 1 to ${MOST_BUCKETS}`)
  const indices = Array.from({ length: finite + 1 }, (_, index) => index)
  if (definition.$case === 'linearBuckets') {
    const { offset, width } = definition.value
    return indices.map(index => offset + width * index)
  }
  const { scale, growthFactor } = definition.value
  if (scale <= 0 || growthFactor <= 1) throw new Error('exponential buckets need a scale above 0 and a growth_factor above 1')
  // Multiplied up, not raised to a power: the sums of rounding are part of the bounds that dashboards name.
  const bounds: number[] = []
  for (let bound = scale; bounds.length <= finite; bound *= growthFactor) bounds.push(bound)
  return bounds
}

/** Bounds that do not increase are accepted in a definition, as 1.0 did, and refused when a value comes. */
export function boundsIncrease(bounds: readonly number[]): boolean {
  return bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? bound))
}
