import { type AttributeValue, bagOf, stringMap, TrackingBag } from '@meshwork/core/attributes'
import { describe, expect, it } from 'vitest'
import { type AttributeTypes, compileExpression, Failure, formatExpression, FUNCTION_TABLE, languageOf, parseExpression } from './index.ts'

const TYPES: AttributeTypes = new Map([
  ['a', 'STRING'],
  ['b', 'STRING'],
  ['n', 'INT64'],
  ['d', 'DURATION'],
  ['m', 'STRING_MAP'],
  ['flag', 'BOOL'],
])

function tree(text: string): string {
  const parsed = parseExpression(text)
  return parsed.kind === 'ok' ? formatExpression(parsed.value) : parsed.error.message
}

function run(text: string, attributes: Readonly<Record<string, AttributeValue>>): AttributeValue | string {
  const parsed = parseExpression(text)
  if (parsed.kind === 'err') return parsed.error.class
  const program = compileExpression(parsed.value, languageOf(TYPES, FUNCTION_TABLE))
  if (program.kind === 'err') return program.error.class
  const value = program.value.evaluate(bagOf(attributes))
  return value instanceof Failure ? `${value.class}: ${value.message}` : value
}

describe('parseExpression', () => {
  it.each([
    ['a | b == "c"', 'EQ(OR($a, $b), "c")'],
    ['a + b | "c"', 'OR(ADD($a, $b), "c")'],
    ['a == b | "c"', 'EQ($a, OR($b, "c"))'],
    ['(a + "x").startsWith("y")', 'ADD($a, "x"):startsWith("y")'],
    ['a.b.c.match(d)', '$a.b.c:match($d)'],
    ['007', '007'],
    ['TRUE', 'true'],
  ])('%s', (text, expected) => {
    expect(tree(text)).toBe(expected)
  })

  it.each(['', 'a b', 'm["k"].startsWith("x")', '0x10', '9223372036854775808', "'ab'", '"\\q"', 'a[1:2]', 'a(', '1..2', 'a = b'])(
    'refuses %j',
    text => {
      expect(parseExpression(text).kind).toBe('err')
    },
  )

  it('refuses what would recurse too deeply', () => {
    expect(parseExpression('('.repeat(3000)).kind).toBe('err')
    expect(parseExpression(Array(3000).fill('a').join('|')).kind).toBe('err')
  })
})

describe('compileExpression', () => {
  it.each([
    ['a | b', { b: 'x' }, 'x'],
    ['m["k"] | "d"', {}, 'd'],
    ['m["k"] | "d"', { m: stringMap(new Map()) }, 'd'],
    ['m["k"]', { m: stringMap(new Map()) }, ''],
    ['a | b', {}, "missing-attribute: lookup failed: 'b'"],
    ['a', { a: 5n }, "attribute-type: error converting value to string: '5'"],
    ['n + 1', { n: 9_223_372_036_854_775_807n }, -9_223_372_036_854_775_808n],
    ['false && a == "x"', {}, false],
    ['true || a == "x"', {}, true],
    ['conditional(flag, a, "no")', { flag: false }, 'no'],
    ['"(a+)+$".matches(a)', { a: `${'a'.repeat(2000)}!` }, false],
    ['"(".matches(a)', { a: 'x' }, expect.stringContaining('function: error parsing regexp')],
    ['a == "5s"', {}, 'type-mismatch'],
    ['d == d', {}, 'codegen'],
    ['unknown', {}, 'unknown-attribute'],
  ])('%s', (text, attributes, expected) => {
    expect(run(text, attributes)).toEqual(expected)
  })

  it('reads only what it needs', () => {
    const parsed = parseExpression('a == "x" || m["k"] == "y"')
    const program = parsed.kind === 'ok' ? compileExpression(parsed.value, languageOf(TYPES, FUNCTION_TABLE)) : parsed
    const bag = new TrackingBag(bagOf({ a: 'x', m: stringMap(new Map()) }))
    expect(program.kind === 'ok' && program.value.evaluate(bag)).toBe(true)
    expect([...bag.references()]).toEqual([{ name: 'a', mapKey: undefined, condition: 'exact' }])
  })
})
