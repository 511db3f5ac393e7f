/** What is redirected into the proxy of a pod, and what is left alone. */
export interface Interception {
  /** TPROXY keeps the client's address on inbound connections; outbound ones are always redirected. */
  readonly mode: 'REDIRECT' | 'TPROXY'
  readonly outboundPort: number
  readonly inboundPort: number
  readonly inbound: InboundPorts
  readonly outbound: OutboundRanges
  /** Users and groups whose connections go their own way: the proxy's above all. */
  readonly bypassUids: readonly number[]
  readonly bypassGids: readonly number[]
  readonly dns: DnsCapture | null
  /** Mark of packets that belong to the proxy's transparent sockets, and the routing table it selects. */
  readonly tproxyMark: number
  readonly tproxyTable: number
  /** A connection to the loopback that only these rules lead elsewhere, by which whoever may not read them sees that they hold. */
  readonly probe?: boolean
}

/** Port of the loopback that a probe connects to, and the one where it arrives if the rules hold. Of the ports Istio reserves. */
export const PROBE_PORTS: { readonly asked: number; readonly arrives: number } = { asked: 15_003, arrives: 15_002 }

/** `all` spares the ports of `except`; without it only the ports of the list are taken. */
export type InboundPorts =
  | { readonly kind: 'all'; readonly except: readonly number[] }
  | { readonly kind: 'only'; readonly ports: readonly number[] }

export interface OutboundRanges {
  readonly include: 'all' | readonly Cidr[]
  /** Ports that are taken although their address is not in `include`. */
  readonly includePorts: readonly number[]
  readonly exclude: readonly Cidr[]
  readonly excludePorts: readonly number[]
}

/** Queries to these name servers, or to any, go to the proxy's DNS port. */
export interface DnsCapture {
  readonly port: number
  readonly servers: 'all' | readonly Cidr[]
}

export type Family = 'ipv4' | 'ipv6'

/** `10.0.0.0/8`; an address alone has its full length. */
export interface Cidr {
  readonly family: Family
  readonly text: string
}

/** A condition of a rule. `not` turns it around. */
export type Match =
  | { readonly kind: 'protocol'; readonly protocol: 'tcp' | 'udp' }
  | { readonly kind: 'destination-port' | 'source-port'; readonly port: number }
  | { readonly kind: 'source' | 'destination'; readonly cidr: string; readonly not?: boolean }
  | { readonly kind: 'out-interface' | 'in-interface'; readonly name: string }
  | { readonly kind: 'user' | 'group'; readonly id: number }
  | { readonly kind: 'mark' | 'connection-mark'; readonly mark: number }
  | { readonly kind: 'established' }

/** What happens to a packet that meets all conditions. */
export type Verdict =
  | { readonly kind: 'return' | 'accept' | 'save-mark' | 'restore-mark' }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'redirect'; readonly port: number }
  | { readonly kind: 'tproxy'; readonly port: number; readonly mark: number }
  | { readonly kind: 'mark'; readonly mark: number }
  | { readonly kind: 'zone'; readonly zone: number }

export interface Rule {
  readonly matches: readonly Match[]
  readonly verdict: Verdict
}

/** A chain of ours. With `hook` the kernel enters it for packets of that protocol; others are jumped to. */
export interface Chain {
  readonly table: 'raw' | 'mangle' | 'nat'
  readonly name: string
  readonly hook: { readonly at: 'prerouting' | 'output'; readonly protocol: 'tcp' | 'udp' } | null
  readonly rules: readonly Rule[]
}
