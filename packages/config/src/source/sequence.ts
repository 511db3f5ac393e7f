import type { ConfigObject } from '../kinds/object.ts'

/** Time between objects that do not say when they were created, in milliseconds. */
const STEP_MS = 1000

/**
 * Gives objects without a creation time one by their place in reading order. Sources call it after merging, so that the order of
 * two objects only depends on where they stand, not on when their file was last changed.
 */
export function stampCreation<Spec>(object: ConfigObject<Spec>, place: number): ConfigObject<Spec> {
  const createdAt = place * STEP_MS
  return object.meta.createdAt === createdAt ? object : Object.freeze({ ...object, meta: Object.freeze({ ...object.meta, createdAt }) })
}
