import { fieldsOf } from '@meshwork/kube/client'

/** One difference, at a path such as `spec.replicas`. */
export interface FieldChange {
  readonly path: string
  /** undefined: not there before. */
  readonly before: unknown
  /** undefined: not there afterwards. */
  readonly after: unknown
}

/** Of the API server, not of whoever writes the object. */
const SERVER_METADATA = new Set(['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink'])
const LONGEST_VALUE = 120

/** What differs between two states of an object, apart from what only the server writes. Lists of named items are compared by name. */
export function diffObjects(before: unknown, after: unknown): readonly FieldChange[] {
  return diffAt('', content(before), content(after))
}

/** What differs between two trees of values. */
export function diffValues(before: unknown, after: unknown): readonly FieldChange[] {
  return diffAt('', before, after)
}

function content(object: unknown): unknown {
  const fields = fieldsOf(object)
  const metadata = Object.entries(fieldsOf(fields['metadata'])).filter(([name]) => !SERVER_METADATA.has(name))
  return { ...fields, status: undefined, metadata: Object.fromEntries(metadata) }
}

function diffAt(path: string, before: unknown, after: unknown): readonly FieldChange[] {
  const [old, new_] = [branches(before), branches(after)]
  if (old === undefined || new_ === undefined) return sameLeaf(before, after) ? [] : [{ path, before, after }]
  const names = [...new Set([...old.keys(), ...new_.keys()])]
  return names.flatMap(name => diffAt(joined(path, name), old.get(name), new_.get(name)))
}

function joined(path: string, name: string): string {
  if (path === '' || name.startsWith('[')) return path + name
  return /^[\w-]+$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`
}

/** The parts of a value by name; undefined for a leaf. */
function branches(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    const names = items.map(item => fieldsOf(item)['name'])
    const areNamed = names.every(name => typeof name === 'string') && new Set(names).size === names.length
    return new Map(items.map((item, i) => [`[${areNamed ? String(names[i]) : i}]`, item]))
  }
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

function sameLeaf(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after)
}

/** `~ spec.replicas: 1 -> 2`, `+ …` and `- …`. */
export function changeText({ path, before, after }: FieldChange): string {
  if (before === undefined) return `+ ${path}: ${valueText(after)}`
  if (after === undefined) return `- ${path}: ${valueText(before)}`
  return `~ ${path}: ${valueText(before)} -> ${valueText(after)}`
}

function valueText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)` : text
}
