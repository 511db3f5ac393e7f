import type { HashKeys } from '../../model/balancing.ts'
import type { Host } from '../host.ts'

/** The text that places a host: `hash_key` under `envoy.lb` of its metadata, its name, or its address. */
export function hashKeyOf(host: Host, { useHostname }: HashKeys): string {
  const labels = host.metadata['envoy.lb']
  if (typeof labels === 'object' && labels !== null && 'hash_key' in labels && typeof labels.hash_key === 'string') return labels.hash_key
  return useHostname && host.hostname !== '' ? host.hostname : host.address
}

/** Weights as shares of their sum. */
export function normalWeights(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map(weight => weight / total)
}
