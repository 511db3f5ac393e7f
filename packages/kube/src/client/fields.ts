import type { Fields } from '@meshwork/core/json'

export { fieldsOf, textOf } from '@meshwork/core/json'

/** A document as an API server sends it: nothing is known of its fields yet. */
export type KubeDocument = Fields

/** The items of an array; none of anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
