import { isValid, type WrittenObject } from './valid-object.ts'

/** Looks for the smallest part of a bad configuration that is still bad: objects first, then fields. At most `budget` questions. */
export async function reduce(
  objects: readonly WrittenObject[],
  isBad: (objects: readonly WrittenObject[]) => Promise<boolean>,
  budget = 80,
): Promise<readonly WrittenObject[]> {
  let left = budget
  let best = objects
  const better = async (candidate: readonly WrittenObject[]): Promise<boolean> => {
    if (left <= 0 || !candidate.every(isValid)) return false
    left--
    if (!(await isBad(candidate))) return false
    best = candidate
    return true
  }
  for (const object of objects) await better(best.filter(other => other !== object))
  let progress = true
  while (progress && left > 0) {
    progress = false
    for (const candidate of smaller(best)) {
      if (!(await better(candidate))) continue
      progress = true
      break
    }
  }
  return best
}

/** All configurations with one member less somewhere, larger members first. */
function* smaller(objects: readonly WrittenObject[]): Iterable<readonly WrittenObject[]> {
  for (const [i, object] of objects.entries()) {
    for (const path of pathsOf(object.spec)) {
      const copy = structuredClone(object)
      deleteAt(copy.spec, path)
      yield objects.with(i, copy)
    }
  }
}

function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Object.keys(value).map(key => [...path, key])
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

function deleteAt(root: unknown, path: readonly string[]): void {
  let node: unknown = root
  for (const step of path.slice(0, -1)) node = typeof node === 'object' && node !== null ? Reflect.get(node, step) : undefined
  const last = path.at(-1) ?? ''
  if (Array.isArray(node)) node.splice(Number(last), 1)
  else if (typeof node === 'object' && node !== null) Reflect.deleteProperty(node, last)
}
