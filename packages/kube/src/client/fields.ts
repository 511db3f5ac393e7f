/** A document as an API server sends it: nothing is known of its fields yet. */
export type KubeDocument = Readonly<Record<string, unknown>>

/** The fields of an object; none of anything else. */
export function fieldsOf(value: unknown): KubeDocument {
  return isFields(value) ? value : {}
}

function isFields(value: unknown): value is KubeDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** '' for what is no text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The items of an array; none of anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
