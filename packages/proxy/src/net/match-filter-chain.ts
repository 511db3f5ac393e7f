import type { CidrRange, FilterChainMatch } from '../model/listener.ts'
import { ipBytes, IpPrefixMap } from './ip-prefix-map.ts'

/** What is known of a connection when its filter chain is chosen. */
export interface ConnectionSigns {
  readonly localAddress: string
  readonly localPort: number
  /** Empty when the client sent none or nobody looked. */
  readonly serverName: string
  /** `tls`, `raw_buffer`, or what else a listener filter found. */
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
  /** The peer of the socket, whatever a PROXY header says. */
  readonly directRemoteAddress: string
  readonly remoteAddress: string
  readonly remotePort: number
}

type SourceType = FilterChainMatch['sourceType']

type Ports<T> = Map<number, T>
interface SourceRanges<T> {
  readonly ranges: IpPrefixMap<Ports<T>>
}
type SourceTypes<T> = Map<SourceType, SourceRanges<T>>
type Protocols<T> = Map<string, IpPrefixMap<SourceTypes<T>>>
type Transports<T> = Map<string, Protocols<T>>
type Names<T> = Map<string, Transports<T>>

const ANY_PORT = 0
const ANY_TEXT = ''
const ANY_RANGES: readonly CidrRange[] = [
  { address: '0.0.0.0', prefixLength: 0 },
  { address: '::', prefixLength: 0 },
]
/** Connections over pipes have no addresses; they meet only what asks for none. */
const NO_ADDRESS = new Uint8Array(4)

/**
 * Chooses among filter chains: destination port, destination range, server name, transport protocol, application protocols,
 * range of the direct source, kind of source, range of the source, port of the source, in this order. At each step the most
 * specific entry decides and there is no way back (envoy.config.listener.v3.FilterChainMatch), so the chains are compiled
 * into one map per step and the cost does not grow with their number.
 */
export class FilterChainMatcher<T> {
  private readonly destinationPorts = new Map<number, IpPrefixMap<Names<T>>>()
  private readonly fallback: T | null

  constructor(chains: readonly { readonly config: { readonly match: FilterChainMatch }; readonly value: T }[], fallback: T | null) {
    for (const { config, value } of chains) addChain(this.destinationPorts, config.match, value)
    this.fallback = fallback
  }

  choose(signs: ConnectionSigns): T | null {
    return this.find(signs) ?? this.fallback
  }

  private find(signs: ConnectionSigns): T | undefined {
    const ranges = this.destinationPorts.get(signs.localPort) ?? this.destinationPorts.get(ANY_PORT)
    const names = ranges?.find(bytesOf(signs.localAddress))
    const transports = names === undefined ? undefined : byServerName(names, signs.serverName)
    const protocols = transports?.get(signs.transportProtocol) ?? transports?.get(ANY_TEXT)
    const sources = protocols === undefined ? undefined : byProtocol(protocols, signs.applicationProtocols)
    const types = sources?.find(bytesOf(signs.directRemoteAddress))
    const ports = types === undefined ? undefined : bySourceType(types, signs)?.ranges.find(bytesOf(signs.remoteAddress))
    return ports?.get(signs.remotePort) ?? ports?.get(ANY_PORT)
  }
}

/** Index of the first chain that matches exactly what an earlier one matches, or -1. Two such chains are refused. */
export function indexOfDuplicateMatch(matches: readonly FilterChainMatch[]): number {
  const tree = new Map<number, IpPrefixMap<Names<number>>>()
  return matches.findIndex((match, i) => addChain(tree, match, i))
}

/** True when another chain was there already. */
function addChain<T>(tree: Map<number, IpPrefixMap<Names<T>>>, match: FilterChainMatch, value: T): boolean {
  let duplicate = false
  const destinations = entry(tree, match.destinationPort ?? ANY_PORT, () => new IpPrefixMap<Names<T>>())
  for (const names of inRanges(destinations, match.destinationRanges, () => new Map())) {
    for (const transports of inTexts(names, match.serverNames.map(nameKey), () => new Map())) {
      const protocols = entry(transports, match.transportProtocol, () => new Map())
      for (const sources of inTexts(protocols, match.applicationProtocols, () => new IpPrefixMap<SourceTypes<T>>())) {
        for (const types of inRanges(sources, match.directSourceRanges, () => new Map())) {
          const { ranges } = entry(types, match.sourceType, () => ({ ranges: new IpPrefixMap<Ports<T>>() }))
          for (const ports of inRanges(ranges, match.sourceRanges, () => new Map())) duplicate = addPorts(ports, match, value) || duplicate
        }
      }
    }
  }
  return duplicate
}

function addPorts<T>(ports: Ports<T>, match: FilterChainMatch, value: T): boolean {
  let duplicate = false
  for (const port of match.sourcePorts.length === 0 ? [ANY_PORT] : match.sourcePorts) {
    duplicate ||= ports.has(port)
    ports.set(port, value)
  }
  return duplicate
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

function inTexts<V>(map: Map<string, V>, keys: readonly string[], make: () => V): readonly V[] {
  return (keys.length === 0 ? [ANY_TEXT] : [...new Set(keys)]).map(key => entry(map, key, make))
}

function inRanges<V>(map: IpPrefixMap<V>, ranges: readonly CidrRange[], make: () => V): readonly V[] {
  const found = (ranges.length === 0 ? ANY_RANGES : ranges).map(({ address, prefixLength }) => {
    const bytes = ipBytes(address) ?? NO_ADDRESS
    const value = map.get(bytes, prefixLength) ?? make()
    map.set(bytes, prefixLength, value)
    return value
  })
  return [...new Set(found)]
}

/** `*.a.test` is kept as `.a.test`, which no name can be. */
function nameKey(name: string): string {
  return name.startsWith('*.') ? name.slice(1) : name
}

/** The exact name, then wildcards from the longest, then chains that ask for no name. */
function byServerName<V>(names: ReadonlyMap<string, V>, serverName: string): V | undefined {
  if (serverName !== '') {
    const exact = names.get(serverName)
    if (exact !== undefined) return exact
    for (let dot = serverName.indexOf('.', 1); dot > 0 && dot < serverName.length - 1; dot = serverName.indexOf('.', dot + 1)) {
      const wildcard = names.get(serverName.slice(dot))
      if (wildcard !== undefined) return wildcard
    }
  }
  return names.get(ANY_TEXT)
}

/** The first protocol of the client's list that a chain asks for. */
function byProtocol<V>(protocols: ReadonlyMap<string, V>, offered: readonly string[]): V | undefined {
  for (const protocol of offered) {
    const found = protocols.get(protocol)
    if (found !== undefined) return found
  }
  return protocols.get(ANY_TEXT)
}

function bySourceType<V>(types: ReadonlyMap<SourceType, V>, signs: ConnectionSigns): V | undefined {
  const local = types.get('same-ip-or-loopback')
  const external = types.get('external')
  if (local !== undefined || external !== undefined) {
    const found = isSameIpOrLoopback(signs) ? local : external
    if (found !== undefined) return found
  }
  return types.get('any')
}

/** Envoy counts only the two loopback addresses themselves, not the rest of 127.0.0.0/8. */
export function isSameIpOrLoopback({ remoteAddress, localAddress }: Pick<ConnectionSigns, 'remoteAddress' | 'localAddress'>): boolean {
  return remoteAddress === '' || remoteAddress === localAddress || remoteAddress === '127.0.0.1' || remoteAddress === '::1'
}

function bytesOf(address: string): Uint8Array {
  return ipBytes(address) ?? NO_ADDRESS
}
