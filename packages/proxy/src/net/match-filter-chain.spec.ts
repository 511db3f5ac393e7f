import { expect, test } from 'vitest'
import type { FilterChainMatch } from '../model/listener.ts'
import { type ConnectionSigns, FilterChainMatcher } from './match-filter-chain.ts'

const ANY: FilterChainMatch = {
  destinationPort: null,
  destinationRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
}
const SIGNS: ConnectionSigns = {
  destinationAddress: '10.1.2.3',
  destinationPort: 80,
  serverName: '',
  transportProtocol: 'raw_buffer',
  applicationProtocols: [],
}

function choose(matches: Readonly<Record<string, Partial<FilterChainMatch>>>, signs: Partial<ConnectionSigns>): string | null {
  const chains = Object.entries(matches).map(([name, match]) => ({
    config: {
      name,
      match: { ...ANY, ...match },
      tls: null,
      terminal: { kind: 'tcp-proxy', statPrefix: '', clusters: [], idleTimeoutMs: 0, accessLog: [] } as const,
    },
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
  expect(choose(matches, { destinationPort: 81 })).toBe('narrow')
  expect(choose(matches, { destinationPort: 81, destinationAddress: '10.9.9.9' })).toBe('range')
  expect(choose(matches, { destinationPort: 81, destinationAddress: '192.168.0.1', serverName: 'a.test' })).toBe('name')
  expect(choose(matches, { destinationPort: 81, destinationAddress: '192.168.0.1' })).toBe('default')
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
