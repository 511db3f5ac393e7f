import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeValues, parseSet, type ValueTree } from './set-values.ts'

const treeOf = (text: string): unknown => {
  const result = parseSet(text)
  return result.kind === 'ok' ? result.value : result.error
}

test.each([
  ['a=b', { a: 'b' }],
  ['a.b.c=1,a.b.d=true', { a: { b: { c: 1, d: true } } }],
  ['a={x,y}', { a: ['x', 'y'] }],
  ['a={}', { a: [] }],
  ['a[1].b=x', { a: [null, { b: 'x' }] }],
  ['a[0][1]=2', { a: [[null, 2]] }],
  [String.raw`podAnnotations.example\.com/team=a\,b`, { podAnnotations: { 'example.com/team': 'a,b' } }],
  ['gateways.istio-ingressgateway.type=NodePort', { gateways: { 'istio-ingressgateway': { type: 'NodePort' } } }],
  ['a=x=y', { a: 'x=y' }],
  ['a=', { a: '' }],
  ['a=null', { a: null }],
  ['tag=007', { tag: '007' }],
  ['n=-3', { n: -3 }],
])('--set %s', (text, expected) => {
  expect(treeOf(text)).toEqual(expected)
})

test.each([
  ['a', "'a' has no value; write key=value"],
  ['a..b=1', "'a..b' is no path; write a.b.c or a[0].b"],
  ['a[x]=1', "'a[x]' is no path; write a.b.c or a[0].b"],
  ['a[5000]=1', "'a[5000]': an index must be below 1000"],
  ['__proto__.x=1', "'__proto__.x' is no path"],
  ['a=1,,b=2', "'' has no value; write key=value"],
])('--set %s is told to be wrong', (text, expected) => {
  expect(treeOf(text)).toBe(expected)
})

test('reads back what it is given, for any names and texts', () => {
  const word = fc.stringMatching(/^[a-z][a-zA-Z/.,=[\]-]{0,12}$/)
  const escape = (text: string): string => text.replaceAll(/[.,=[\]{}\\]/g, String.raw`\$&`)
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (path, value) => {
      // Words that mean something else than their letters have a test of their own.
      fc.pre(!['true', 'false', 'null'].includes(value))
      const expected = path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value)
      expect(treeOf(`${path.map(escape).join('.')}=${escape(value)}`)).toEqual(expected)
    }),
  )
})

test('later values win, trees are merged and lists replaced', () => {
  const base: ValueTree = { a: { b: 1, c: [1, 2] }, d: 'x' }
  expect(mergeValues(base, { a: { c: [3] }, d: { e: 1 } })).toEqual({ a: { b: 1, c: [3] }, d: { e: 1 } })
  expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: 'x' })
})
