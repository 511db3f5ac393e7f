import { type Fields, isFields, nameOf, sameJson } from './json.ts'

/** RFC 6902, as far as it is needed to get from one document to another. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** What makes `after` of `before`. Lists of named items change item by item, so that the patch says what is new and nothing else. */
export function jsonPatch(before: Fields, after: Fields): readonly PatchOperation[] {
  const operations: PatchOperation[] = []
  compareFields('', before, after, operations)
  return operations
}

function compareFields(path: string, before: Fields, after: Fields, operations: PatchOperation[]): void {
  for (const field of Object.keys(before)) {
    if (!Object.hasOwn(after, field)) operations.push({ op: 'remove', path: `${path}/${escaped(field)}` })
  }
  for (const [field, value] of Object.entries(after)) {
    const at = `${path}/${escaped(field)}`
    if (Object.hasOwn(before, field)) compare(at, before[field], value, operations)
    else operations.push({ op: 'add', path: at, value })
  }
}

function compare(path: string, before: unknown, after: unknown, operations: PatchOperation[]): void {
  if (sameJson(before, after)) return
  if (isFields(before) && isFields(after)) compareFields(path, before, after, operations)
  else if (Array.isArray(before) && Array.isArray(after) && areNamed(before) && areNamed(after))
    compareLists(path, before, after, operations)
  else operations.push({ op: 'replace', path, value: after })
}

/** Items with names of which none is there twice; only these can be followed from one list to the other. */
function areNamed(items: readonly unknown[]): items is readonly Fields[] {
  const names = new Set(items.map(nameOf))
  return !names.has('') && names.size === items.length
}

function compareLists(path: string, before: readonly Fields[], after: readonly Fields[], operations: PatchOperation[]): void {
  const list: Fields[] = [...before]
  const names = new Set(after.map(nameOf))
  const removeAt = (place: number): void => {
    operations.push({ op: 'remove', path: `${path}/${place}` })
    list.splice(place, 1)
  }
  for (let i = list.length - 1; i >= 0; i--) if (!names.has(nameOf(list[i]))) removeAt(i)
  for (const [i, item] of after.entries()) {
    const present = list[i]
    if (present !== undefined && nameOf(present) === nameOf(item)) {
      compare(`${path}/${i}`, present, item, operations)
      continue
    }
    const place = list.findIndex(each => nameOf(each) === nameOf(item))
    if (place >= 0) removeAt(place)
    operations.push({ op: 'add', path: `${path}/${i}`, value: item })
    list.splice(i, 0, item)
  }
}

/** RFC 6901 section 3. */
function escaped(field: string): string {
  return field.replaceAll('~', '~0').replaceAll('/', '~1')
}
