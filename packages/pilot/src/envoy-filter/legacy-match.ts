import { BlockList, isIP } from 'node:net'
import type { AddedFilter } from '@meshwork/config/kinds'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'

/** What the listeners of a view stand for. */
export interface ListenerFacts {
  /** The workload's own ports: where it listens, and under which number services know it. */
  readonly ownPorts: readonly { readonly port: number; readonly servicePort: number; readonly portName: string }[]
}

/** Whether a filter of 1.0 is meant for this chain (traffic.md 1.5). Its port is that of the service or the gateway's server. */
export function legacyMatches(
  match: AddedFilter['listenerMatch'],
  listener: Listener,
  chain: FilterChain,
  isHttp: boolean,
  facts: ListenerFacts,
): boolean {
  if (match.listenerProtocol !== 'ALL' && (match.listenerProtocol === 'HTTP') !== isHttp) return false
  const { host, port } = placeOf(listener)
  const own = chain.filterChainMatch?.destinationPort ?? port
  const known = facts.ownPorts.find(each => each.port === own)
  if (match.portNumber !== 0 && match.portNumber !== (known?.servicePort ?? own)) return false
  const prefix = match.portNamePrefix?.toLowerCase() ?? ''
  if (prefix !== '' && known?.portName.toLowerCase().startsWith(prefix) !== true) return false
  return match.address.length === 0 || match.address.some(range => covers(range, host))
}

function placeOf({ address }: Listener): { readonly host: string; readonly port: number } {
  const socket = address?.address?.$case === 'socketAddress' ? address.address.value : undefined
  const port = socket?.portSpecifier?.$case === 'portValue' ? socket.portSpecifier.value : 0
  return { host: socket?.address ?? '', port }
}

function covers(range: string, host: string): boolean {
  const [address = '', bits] = range.split('/')
  if (isIP(address) === 0 || isIP(host) === 0) return false
  if (bits === undefined) return address === host
  const list = new BlockList()
  list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}
