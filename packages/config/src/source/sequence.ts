import type { ConfigObject } from '../kinds/object.ts'

/** Time between objects that do not say when they were created, in milliseconds. */
const STEP_MS = 1000

/** The object with this time of creation. */
export function stampCreation<Spec>(object: ConfigObject<Spec>, createdAt: number): ConfigObject<Spec> {
  return object.meta.createdAt === createdAt ? object : Object.freeze({ ...object, meta: Object.freeze({ ...object.meta, createdAt }) })
}

/**
 * Times of creation for objects that state none, rising in the order of `keys`, a second apart at first. Times given out before
 * stay wherever the order allows: one new object must not change all objects behind it.
 */
export function sequenceTimes(keys: readonly string[], before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const nextKept = nextTimes(keys, before)
  const times = new Map<string, number>()
  let last = -STEP_MS
  keys.forEach((key, i) => {
    const kept = before.get(key)
    last = kept !== undefined && kept > last ? kept : timeBetween(last, nextKept[i + 1] ?? Number.POSITIVE_INFINITY)
    times.set(key, last)
  })
  return times
}

/** For each place the earlier time of the nearest object from there on, infinite if there is none. */
function nextTimes(keys: readonly string[], before: ReadonlyMap<string, number>): readonly number[] {
  const times = Array<number>(keys.length).fill(Number.POSITIVE_INFINITY)
  let next = Number.POSITIVE_INFINITY
  for (let i = keys.length - 1; i >= 0; i--) {
    next = before.get(keys[i] ?? '') ?? next
    times[i] = next
  }
  return times
}

/** If nothing fits between, the objects behind have to move. */
function timeBetween(last: number, next: number): number {
  if (next <= last) return last + STEP_MS
  const middle = last + Math.min(STEP_MS, (next - last) / 2)
  return middle > last && middle < next ? middle : last + STEP_MS
}
