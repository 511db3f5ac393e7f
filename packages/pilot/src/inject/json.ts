import { type Fields, fieldsOf, isFields, parsedJson, textOf } from '@meshwork/core/json'

/** Objects of Kubernetes stay as they came: what we do not know stays too. */
export { type Fields, fieldsOf, isFields, scalarText, textOf, textsOf } from '@meshwork/core/json'

/** The objects of a list; what is no object is passed over. */
export function itemsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

/** `item.name`, by which Kubernetes tells containers, volumes and variables apart. */
export function nameOf(item: unknown): string {
  return textOf(fieldsOf(item)['name'])
}

/** Without the fields that are undefined. */
export function defined(fields: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Equal as JSON; the order of fields does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  if (!isFields(a) || !isFields(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}

/** The object that a text of JSON is; undefined if it is none. */
export function parsedFields(text: string): Fields | undefined {
  const value = parsedJson(text)
  return isFields(value) ? value : undefined
}
