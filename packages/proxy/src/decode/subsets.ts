import {
  type Cluster_LbSubsetConfig,
  Cluster_LbSubsetConfig_LbSubsetFallbackPolicy as Fallback,
  Cluster_LbSubsetConfig_LbSubsetMetadataFallbackPolicy as MetadataFallback,
  type Cluster_LbSubsetConfig_LbSubsetSelector as Selector,
  Cluster_LbSubsetConfig_LbSubsetSelector_LbSubsetSelectorFallbackPolicy as SelectorFallback,
} from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { SubsetConfig, SubsetCriteria, SubsetFallback, SubsetSelector } from '../model/balancing.ts'
import type { Report } from './report.ts'

const FALLBACKS: ReadonlyMap<number, SubsetFallback> = new Map([
  [Fallback.NO_FALLBACK, 'none'],
  [Fallback.ANY_ENDPOINT, 'any'],
  [Fallback.DEFAULT_SUBSET, 'default'],
])

const SELECTOR_FALLBACKS: ReadonlyMap<number, SubsetFallback> = new Map([
  [SelectorFallback.NO_FALLBACK, 'none'],
  [SelectorFallback.ANY_ENDPOINT, 'any'],
  [SelectorFallback.DEFAULT_SUBSET, 'default'],
])

/** The fields that `Cluster.lb_subset_config` and the subset policy share; their enumerations have the same numbers. */
type SubsetMessage = Omit<Cluster_LbSubsetConfig, 'subsetSelectors'> & { readonly subsetSelectors: readonly Selector[] }

/** null: hosts are not divided. */
export function decodeSubsets(config: SubsetMessage | undefined, allowRedundantKeys: boolean, report: Report): SubsetConfig | null {
  // Without selectors Envoy does not divide either.
  if (config === undefined || config.subsetSelectors.length === 0) return null
  const fallback = FALLBACKS.get(config.fallbackPolicy)
  if (fallback === undefined) report.at('fallback_policy').refuse('unknown-value', `${config.fallbackPolicy} is not a policy`)
  return {
    fallback: fallback ?? 'none',
    defaultSubset: criteriaOf(config.defaultSubset),
    selectors: config.subsetSelectors.map((selector, i) => decodeSelector(selector, report.at('subset_selectors', i))),
    panicModeAny: config.panicModeAny,
    listAsAny: config.listAsAny,
    metadataFallback: config.metadataFallbackPolicy === MetadataFallback.FALLBACK_LIST,
    localityWeightAware: config.localityWeightAware,
    scaleLocalityWeight: config.scaleLocalityWeight,
    allowRedundantKeys,
  }
}

function decodeSelector(selector: Selector, report: Report): SubsetSelector {
  if (selector.singleHostPerSubset) report.at('single_host_per_subset').refuse('unsupported-field', 'is not supported')
  const keys = selector.keys.toSorted()
  const isKeys = selector.fallbackPolicy === SelectorFallback.KEYS_SUBSET
  if (!isKeys) return { keys, fallback: SELECTOR_FALLBACKS.get(selector.fallbackPolicy) ?? null }
  const fewer = selector.fallbackKeysSubset
  if (fewer.length === 0 || fewer.length >= keys.length || fewer.some(key => !keys.includes(key))) {
    report.at('fallback_keys_subset').refuse('bad-keys', 'must be some, but not all, of the keys of the selector')
  }
  return { keys, fallback: { keys: fewer } }
}

function criteriaOf(values: Readonly<Record<string, unknown>> | undefined): SubsetCriteria {
  return Object.entries(values ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
