import type { SubsetConfig, SubsetCriteria } from '../../model/balancing.ts'

const FALLBACK_LIST = 'fallback_list'
/** Variants of one route that are tried. */
const MAX_VARIANTS = 50

/**
 * The criteria to try in turn: those of the route, or with `fallback_list` each of its variants merged with them; each without
 * the keys that no selector has, if redundant keys are allowed.
 */
export function expandCriteria(
  criteria: SubsetCriteria,
  config: SubsetConfig,
  isSelector: (keys: readonly string[]) => boolean,
): readonly SubsetCriteria[] {
  const plain = criteria.filter(([key]) => !config.metadataFallback || key !== FALLBACK_LIST)
  const list = config.metadataFallback ? criteria.find(([key]) => key === FALLBACK_LIST)?.[1] : undefined
  const variants = Array.isArray(list) ? list.slice(0, MAX_VARIANTS).map((variant: unknown) => merge(plain, variant)) : [plain]
  return variants.map(variant => (config.allowRedundantKeys ? withoutRedundant(variant, config, isSelector) : variant))
}

function merge(criteria: SubsetCriteria, variant: unknown): SubsetCriteria {
  if (typeof variant !== 'object' || variant === null) return criteria
  const merged = new Map([...criteria, ...Object.entries(variant)])
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The largest selector whose keys are all among those of the criteria; of equal ones the first. */
function withoutRedundant(
  criteria: SubsetCriteria,
  { selectors }: SubsetConfig,
  isSelector: (keys: readonly string[]) => boolean,
): SubsetCriteria {
  const keys = criteria.map(([key]) => key)
  if (isSelector(keys)) return criteria
  const fitting = selectors.filter(selector => selector.keys.every(key => keys.includes(key)))
  const best = fitting.toSorted((a, b) => b.keys.length - a.keys.length)[0]
  return best === undefined ? criteria : criteria.filter(([key]) => best.keys.includes(key))
}
