import { BlockList, isIPv6 } from 'node:net'
import type { CidrRange, FilterChainConfig, FilterChainMatch } from '../model/listener.ts'

/** What is known of a connection when its filter chain is chosen. */
export interface ConnectionSigns {
  readonly destinationAddress: string
  readonly destinationPort: number
  /** Empty when the client sent none or did not speak TLS. */
  readonly serverName: string
  readonly transportProtocol: 'tls' | 'raw_buffer'
  readonly applicationProtocols: readonly string[]
}

interface Candidate<T> {
  readonly match: FilterChainMatch
  readonly ranges: readonly { readonly bits: number; readonly list: BlockList }[]
  readonly value: T
}

/**
 * Chooses among filter chains: destination port, range, server name, transport, application protocol, in this order; at
 * each step the most specific match decides and there is no way back (envoy.config.listener.v3.FilterChainMatch).
 */
export class FilterChainMatcher<T> {
  private readonly candidates: readonly Candidate<T>[]
  private readonly fallback: T | null

  constructor(chains: readonly { readonly config: FilterChainConfig; readonly value: T }[], fallback: T | null) {
    this.candidates = chains.map(({ config, value }) => ({
      match: config.match,
      ranges: compileRanges(config.match.destinationRanges),
      value,
    }))
    this.fallback = fallback
  }

  choose(signs: ConnectionSigns): T | null {
    let left = best(this.candidates, ({ match }) => portScore(match, signs))
    left = best(left, candidate => rangeScore(candidate, signs))
    left = best(left, ({ match }) => nameScore(match, signs))
    left = best(left, ({ match }) => transportScore(match, signs))
    left = best(left, ({ match }) => protocolScore(match, signs))
    return left[0]?.value ?? this.fallback
  }
}

/** Candidates with the highest score; -1 means no match. */
function best<T>(candidates: readonly Candidate<T>[], score: (candidate: Candidate<T>) => number): readonly Candidate<T>[] {
  const scored = candidates.map(candidate => ({ candidate, points: score(candidate) })).filter(({ points }) => points >= 0)
  const highest = Math.max(...scored.map(({ points }) => points))
  return scored.filter(({ points }) => points === highest).map(({ candidate }) => candidate)
}

function portScore(match: FilterChainMatch, signs: ConnectionSigns): number {
  if (match.destinationPort === null) return 0
  return match.destinationPort === signs.destinationPort ? 1 : -1
}

function rangeScore<T>({ ranges }: Candidate<T>, signs: ConnectionSigns): number {
  if (ranges.length === 0) return 0
  const family = isIPv6(signs.destinationAddress) ? 'ipv6' : 'ipv4'
  const matching = ranges.filter(({ list }) => list.check(signs.destinationAddress, family))
  return Math.max(-1, ...matching.map(({ bits }) => bits + 1))
}

/** Exact names beat wildcards, longer wildcards beat shorter ones. */
function nameScore(match: FilterChainMatch, signs: ConnectionSigns): number {
  if (match.serverNames.length === 0) return 0
  return Math.max(...match.serverNames.map(name => oneName(name.toLowerCase(), signs.serverName)))
}

const EXACT_NAME = 1000

function oneName(wanted: string, name: string): number {
  if (wanted === name && name !== '') return EXACT_NAME
  return wanted.startsWith('*.') && name.endsWith(wanted.slice(1)) ? wanted.length : -1
}

function transportScore(match: FilterChainMatch, signs: ConnectionSigns): number {
  if (match.transportProtocol === '') return 0
  return match.transportProtocol === signs.transportProtocol ? 1 : -1
}

function protocolScore(match: FilterChainMatch, signs: ConnectionSigns): number {
  if (match.applicationProtocols.length === 0) return 0
  return match.applicationProtocols.some(name => signs.applicationProtocols.includes(name)) ? 1 : -1
}

function compileRanges(ranges: readonly CidrRange[]): readonly { readonly bits: number; readonly list: BlockList }[] {
  return ranges.map(({ address, prefixLength }) => {
    const list = new BlockList()
    list.addSubnet(address, prefixLength, isIPv6(address) ? 'ipv6' : 'ipv4')
    return { bits: prefixLength, list }
  })
}
