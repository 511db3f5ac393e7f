import { expect, test } from 'vitest'
import type { FieldMatcher, Matcher, MatcherInput, MatcherOutcome, RangeMatcher } from '../model/matcher.ts'
import { compileMatcher } from './compile-matcher.ts'

type Subject = Readonly<Record<string, string>>

const to = (action: string): MatcherOutcome<string> => ({ kind: 'action', action })
const header = (name: string): MatcherInput => ({ kind: 'header', name })
const inside = (matcher: Matcher<string>): MatcherOutcome<string> => ({ kind: 'matcher', matcher })

function chosen(matcher: Matcher<string>, subject: Subject): string | null {
  const compileInput = (input: MatcherInput) => (from: Subject) => ('name' in input ? (from[input.name] ?? null) : null)
  return compileMatcher(matcher, { compileInput, compileAction: action => action })(subject)
}

const nowhere = inside({ kind: 'list', fields: [], otherwise: null })

test('a list goes on where a matcher inside it leads nowhere', () => {
  const field = (name: string, outcome: MatcherOutcome<string>): FieldMatcher<string> => ({
    predicate: { kind: 'value', input: header(name), match: { kind: 'exact', value: '1', ignoreCase: false } },
    outcome,
  })
  const list: Matcher<string> = { kind: 'list', fields: [field('a', nowhere), field('b', to('b'))], otherwise: to('else') }
  expect([chosen(list, { a: '1', b: '1' }), chosen(list, { a: '1' }), chosen(list, { b: '1' })]).toEqual(['b', 'else', 'b'])
})

test('what is absent meets no predicate, so it meets the opposite of each', () => {
  const value = { kind: 'value', input: header('a'), match: { kind: 'prefix', value: '', ignoreCase: false } } as const
  const list: Matcher<string> = {
    kind: 'list',
    fields: [{ predicate: { kind: 'not', predicate: value }, outcome: to('absent') }],
    otherwise: null,
  }
  expect([chosen(list, {}), chosen(list, { a: '' })]).toEqual(['absent', null])
})

test('a shorter prefix has its turn where the longer one leads nowhere', () => {
  const map = new Map([
    ['a', to('short')],
    ['ab', nowhere],
  ])
  const tree: Matcher<string> = { kind: 'tree', input: header('k'), keys: 'prefix', map, otherwise: null }
  expect(['abc', 'ax', 'b'].map(k => chosen(tree, { k }))).toEqual(['short', 'short', null])
})

test('ranges: the narrowest first, wider ones after it unless they are exclusive', () => {
  const range = (address: string, prefixLength: number, outcome: MatcherOutcome<string>, exclusive = false): RangeMatcher<string> => ({
    ranges: [{ address, prefixLength }],
    outcome,
    exclusive,
  })
  const ranges = [
    range('10.0.0.0', 8, to('wide'), true),
    range('10.1.0.0', 16, to('middle')),
    range('10.1.1.0', 24, nowhere),
    range('10.2.0.0', 16, nowhere),
    range('10.1.1.1', 32, to('host')),
    range('fd00::', 8, to('v6')),
  ]
  const matcher: Matcher<string> = { kind: 'ranges', input: header('ip'), ranges, otherwise: to('else') }
  const found = (ip: string): string | null => chosen(matcher, { ip })
  expect(['10.1.1.1', '10.1.1.2', '10.3.0.1', '10.2.0.1', 'fd00::1', '192.0.2.1', 'no address'].map(found)).toEqual([
    'host',
    'middle',
    'wide',
    'else',
    'v6',
    'else',
    'else',
  ])
})
