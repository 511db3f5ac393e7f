import { describe, expect, test } from 'vitest'
import type { SanMatcher } from '../model/tls.ts'
import { compileSanMatchers } from './match-san.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

const uri = (kind: SanMatcher['match']['kind'], value: string): SanMatcher => ({ type: 'uri', match: { kind, value, ignoreCase: false } })
const dns = (value: string): SanMatcher => ({ type: 'dns', match: { kind: 'exact', value, ignoreCase: false } })

describe('reading the text form', () => {
  test('kinds in order', () => {
    expect(parseSubjectAltNames('URI:spiffe://a/b, DNS:x.test, DNS:*.y.test, IP Address:10.0.0.1, email:a@b')).toEqual({
      uri: ['spiffe://a/b'],
      dns: ['x.test', '*.y.test'],
      ip: ['10.0.0.1'],
      email: ['a@b'],
    })
  })

  test('a name that contains what looks like another one is one name', () => {
    expect(parseSubjectAltNames('DNS:"a.test, URI:spiffe://forged", URI:spiffe://real')).toEqual({
      uri: ['spiffe://real'],
      dns: ['a.test, URI:spiffe://forged'],
      ip: [],
      email: [],
    })
  })

  test('what is not understood ends the list', () => {
    expect(parseSubjectAltNames('DNS:"open, URI:spiffe://forged').uri).toEqual([])
    expect(parseSubjectAltNames('DNS:"a"x, URI:spiffe://forged').uri).toEqual([])
    expect(parseSubjectAltNames('').uri).toEqual([])
  })
})

test('exact, prefix and suffix; case counts for URIs', () => {
  const names = parseSubjectAltNames('URI:spiffe://td/ns/a/sa/b')
  expect(compileSanMatchers([uri('exact', 'spiffe://td/ns/a/sa/b')])(names)).toBe(true)
  expect(compileSanMatchers([uri('exact', 'spiffe://td/ns/a/sa')])(names)).toBe(false)
  expect(compileSanMatchers([uri('exact', 'spiffe://TD/ns/a/sa/b')])(names)).toBe(false)
  expect(compileSanMatchers([uri('prefix', 'spiffe://td/')])(names)).toBe(true)
  expect(compileSanMatchers([uri('suffix', '/sa/x'), uri('suffix', '/sa/b')])(names)).toBe(true)
  expect(compileSanMatchers([dns('spiffe://td/ns/a/sa/b')])(names)).toBe(false)
  expect(compileSanMatchers([])(names)).toBe(true)
})

test('a wildcard stands for one label', () => {
  const names = parseSubjectAltNames('DNS:*.a.test')
  expect(compileSanMatchers([dns('x.A.test')])(names)).toBe(true)
  expect(compileSanMatchers([dns('x.y.a.test')])(names)).toBe(false)
  expect(compileSanMatchers([dns('a.test')])(names)).toBe(false)
})
