import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonPatch, type PatchOperation } from './json-patch.ts'
import { type Fields, isFields } from './json.ts'

/** RFC 6902, written the plain way. */
function apply(document: Fields, operations: readonly PatchOperation[]): unknown {
  const copy: unknown = structuredClone(document)
  for (const operation of operations) {
    const parts = operation.path
      .split('/')
      .slice(1)
      .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = parts.pop() ?? ''
    let parent: unknown = copy
    for (const part of parts) parent = Array.isArray(parent) ? parent[Number(part)] : isFields(parent) ? parent[part] : undefined
    if (Array.isArray(parent)) {
      if (operation.op === 'remove') parent.splice(Number(last), 1)
      else parent.splice(Number(last), operation.op === 'add' ? 0 : 1, operation.value)
    } else if (isFields(parent)) {
      if (operation.op !== 'add' && !Object.hasOwn(parent, last)) throw new Error(`nothing at ${operation.path}`)
      if (operation.op === 'remove') Reflect.deleteProperty(parent, last)
      else Reflect.set(parent, last, operation.value)
    } else throw new Error(`no parent of ${operation.path}`)
  }
  return copy
}

const leaf = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null))
const items = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), x: leaf }), { selector: each => each.name })
const key = fc.constantFrom('a', 'b/c', 'd~e', '~1')
const tree = fc.dictionary(key, fc.oneof(leaf, items, fc.array(leaf, { maxLength: 3 }), fc.dictionary(key, fc.oneof(leaf, items))))

test('makes the second of the first, whatever they are', () => {
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      expect(apply(before, jsonPatch(before, after))).toEqual(after)
    }),
    { numRuns: 500 },
  )
})

test('says what is new and nothing else', () => {
  const before = { spec: { containers: [{ name: 'app', image: 'a' }] }, metadata: { labels: { 'a/b': '1' } } }
  const after = {
    spec: { containers: [{ name: 'proxy' }, { name: 'app', image: 'a', x: 1 }] },
    metadata: { labels: { 'a/b': '1', 'c~d/e': '2' } },
  }
  expect(jsonPatch(before, after)).toEqual([
    { op: 'add', path: '/spec/containers/0', value: { name: 'proxy' } },
    { op: 'add', path: '/spec/containers/1/x', value: 1 },
    { op: 'add', path: '/metadata/labels/c~0d~1e', value: '2' },
  ])
  expect(jsonPatch(after, after)).toEqual([])
})
