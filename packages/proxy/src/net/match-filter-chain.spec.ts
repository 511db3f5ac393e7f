import { expect, test } from 'vitest'
import type { FilterChainMatch } from '../model/listener.ts'
import { type ConnectionSigns, FilterChainMatcher, indexOfDuplicateMatch } from './match-filter-chain.ts'

const ANY: FilterChainMatch = {
  destinationPort: null,
  destinationRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
  directSourceRanges: [],
  sourceType: 'any',
  sourceRanges: [],
  sourcePorts: [],
}
const SIGNS: ConnectionSigns = {
  localAddress: '10.1.2.3',
  localPort: 80,
  directRemoteAddress: '10.9.0.1',
  remoteAddress: '10.9.0.1',
  remotePort: 4000,
  serverName: '',
  transportProtocol: 'raw_buffer',
  applicationProtocols: [],
}

function choose(matches: Readonly<Record<string, Partial<FilterChainMatch>>>, signs: Partial<ConnectionSigns>): string | null {
  const chains = Object.entries(matches).map(([name, match]) => ({
    config: { match: { ...ANY, ...match } },
    value: name,
  }))
  return new FilterChainMatcher(chains, 'default').choose({ ...SIGNS, ...signs })
}

test('port before range before name', () => {
  const matches = {
    port: { destinationPort: 80 },
    range: { destinationRanges: [{ address: '10.0.0.0', prefixLength: 8 }] },
    narrow: { destinationRanges: [{ address: '10.1.0.0', prefixLength: 16 }] },
    name: { serverNames: ['a.test'] },
  }
  expect(choose(matches, {})).toBe('port')
  expect(choose(matches, { localPort: 81 })).toBe('narrow')
  expect(choose(matches, { localPort: 81, localAddress: '10.9.9.9' })).toBe('range')
  expect(choose(matches, { localPort: 81, localAddress: '192.168.0.1', serverName: 'a.test' })).toBe('name')
  expect(choose(matches, { localPort: 81, localAddress: '192.168.0.1' })).toBe('default')
})

test('a choice made at an earlier step is not taken back', () => {
  const matches = { port: { destinationPort: 80, serverNames: ['a.test'] }, any: {} }
  expect(choose(matches, { serverName: 'b.test' })).toBe('default')
})

test('exact names, then longer wildcards', () => {
  const matches = {
    exact: { serverNames: ['x.a.test'] },
    long: { serverNames: ['*.a.test'] },
    short: { serverNames: ['*.test'] },
    none: {},
  }
  expect(choose(matches, { serverName: 'x.a.test' })).toBe('exact')
  expect(choose(matches, { serverName: 'y.a.test' })).toBe('long')
  expect(choose(matches, { serverName: 'b.test' })).toBe('short')
  expect(choose(matches, { serverName: 'other' })).toBe('none')
})

test('transport, then application protocols', () => {
  const matches = {
    tls: { transportProtocol: 'tls' as const },
    istio: { transportProtocol: 'tls' as const, applicationProtocols: ['istio'] },
    plain: { transportProtocol: 'raw_buffer' as const },
  }
  expect(choose(matches, { transportProtocol: 'tls', applicationProtocols: ['istio', 'http/1.1'] })).toBe('istio')
  expect(choose(matches, { transportProtocol: 'tls', applicationProtocols: ['http/1.1'] })).toBe('tls')
  expect(choose(matches, {})).toBe('plain')
})

test('source: direct range, kind, range, port', () => {
  const matches = {
    direct: { directSourceRanges: [{ address: '10.9.0.0', prefixLength: 16 }] },
    local: { sourceType: 'same-ip-or-loopback' as const },
    wide: { sourceRanges: [{ address: '172.16.0.0', prefixLength: 12 }] },
    narrow: { sourceRanges: [{ address: '172.16.1.0', prefixLength: 24 }] },
    port: { sourceRanges: [{ address: '172.16.1.0', prefixLength: 24 }], sourcePorts: [5000, 5001] },
  }
  const from = (remoteAddress: string, remotePort: number = 1): string | null =>
    choose(matches, { directRemoteAddress: '192.0.2.1', remoteAddress, remotePort })
  expect(choose(matches, { remoteAddress: '172.16.1.1' })).toBe('direct')
  expect(from('127.0.0.1')).toBe('local')
  expect(from('10.1.2.3')).toBe('local')
  expect(from('172.17.0.1')).toBe('wide')
  expect(from('172.16.1.9')).toBe('narrow')
  expect(from('172.16.1.9', 5001)).toBe('port')
  expect(from('203.0.113.1')).toBe('default')
})

test('kinds of source: a chain for external ones leaves local ones to chains for any', () => {
  const matches = { external: { sourceType: 'external' as const }, any: { sourcePorts: [7] }, rest: {} }
  expect(choose(matches, {})).toBe('external')
  expect(choose(matches, { remoteAddress: '127.0.0.1' })).toBe('rest')
  expect(choose(matches, { remoteAddress: '127.0.0.1', remotePort: 7 })).toBe('any')
})

test("the client's first protocol that a chain asks for decides", () => {
  const matches = { one: { applicationProtocols: ['http/1.1'] }, two: { applicationProtocols: ['h2', 'istio'] }, none: {} }
  expect(choose(matches, { applicationProtocols: ['x', 'istio', 'http/1.1'] })).toBe('two')
  expect(choose(matches, { applicationProtocols: ['http/1.1', 'h2'] })).toBe('one')
  expect(choose(matches, { applicationProtocols: ['x'] })).toBe('none')
})

test('two chains of equal match are found', () => {
  const of = (...matches: readonly Partial<FilterChainMatch>[]): number =>
    indexOfDuplicateMatch(matches.map(match => ({ ...ANY, ...match })))
  expect(of({ serverNames: ['a'] }, { serverNames: ['b'] }, { serverNames: ['b', 'c'] })).toBe(2)
  expect(of({}, { sourcePorts: [1] }, { sourcePorts: [2, 1] })).toBe(2)
  expect(of({ destinationPort: 1 }, { destinationPort: 2 }, {})).toBe(-1)
  expect(of({}, {})).toBe(1)
})
