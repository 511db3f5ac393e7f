import { median } from '../median.ts'

const RESAMPLES = 2000

/** 95% bootstrap interval of the median (percentile method), from a fixed sequence of numbers so that a run can be repeated. */
export function medianInterval(values: readonly number[]): { readonly low: number; readonly median: number; readonly high: number } {
  const random = sequence(1)
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  ).toSorted((a, b) => a - b)
  return { low: at(medians, 0.025), median: median(values), high: at(medians, 0.975) }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0
}

/** Numbers in [0, 1): a linear congruential generator (the constants of Numerical Recipes). */
function sequence(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
}
