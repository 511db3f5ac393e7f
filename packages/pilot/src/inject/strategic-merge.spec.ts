import { expect, test } from 'vitest'
import { strategicMerge } from './strategic-merge.ts'

test('containers by name, mounts by path, variables by name; the patch wins', () => {
  const base = {
    containers: [
      { name: 'a', args: ['1', '2'], env: [{ name: 'X', value: '1' }], volumeMounts: [{ mountPath: '/a', name: 'v' }] },
      { name: 'b' },
    ],
  }
  const patch = {
    containers: [
      {
        name: 'a',
        args: ['3'],
        env: [
          { name: 'Y', value: '2' },
          { name: 'X', value: '9' },
        ],
        volumeMounts: [{ mountPath: '/a', name: 'w' }],
      },
      { name: 'c' },
    ],
  }
  expect(strategicMerge(base, patch)).toEqual({
    containers: [
      {
        name: 'a',
        args: ['3'],
        env: [
          { name: 'X', value: '9' },
          { name: 'Y', value: '2' },
        ],
        volumeMounts: [{ mountPath: '/a', name: 'w' }],
      },
      { name: 'b' },
      { name: 'c' },
    ],
  })
})

test('null removes, also deep below what is new; $patch deletes an item or replaces an object', () => {
  expect(strategicMerge({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: null }, d: null, e: { f: null, g: 1 } })).toEqual({
    a: { c: 2 },
    e: { g: 1 },
  })
  expect(strategicMerge({ volumes: [{ name: 'x' }, { name: 'y' }] }, { volumes: [{ name: 'x', $patch: 'delete' }] })).toEqual({
    volumes: [{ name: 'y' }],
  })
  expect(strategicMerge({ s: { a: 1 } }, { s: { b: 2, $patch: 'replace' } })).toEqual({ s: { b: 2 } })
})

test('neither side changes', () => {
  const [base, patch] = [Object.freeze({ env: Object.freeze([Object.freeze({ name: 'A' })]) }), { env: [{ name: 'A', value: '1' }] }]
  expect(strategicMerge(base, patch)).toEqual({ env: [{ name: 'A', value: '1' }] })
  expect(base).toEqual({ env: [{ name: 'A' }] })
})
