import { interceptionChains, iptablesInput } from '@meshwork/proxy/interception'

/** Who is exempt from interception, and where intercepted connections go. */
export interface InterceptionOptions {
  /** User id under which the proxy runs; its own connections are not sent back to it. */
  readonly proxyUid: number
  readonly outboundPort: number
  readonly inboundPort: number
  /** Ports of the pod that reach their listener directly. */
  readonly excludedInboundPorts: readonly number[]
}

/** Input of `iptables-restore` for a new pod with a sidecar: the rules that `meshwork-init` gives a pod of a cluster. */
export function interceptionRules({ proxyUid, outboundPort, inboundPort, excludedInboundPorts }: InterceptionOptions): string {
  const chains = interceptionChains(
    {
      mode: 'REDIRECT',
      outboundPort,
      inboundPort,
      inbound: { kind: 'all', except: excludedInboundPorts },
      outbound: { include: 'all', includePorts: [], exclude: [], excludePorts: [] },
      bypassUids: [proxyUid],
      bypassGids: [],
      dns: null,
      tproxyMark: 0,
      tproxyTable: 0,
    },
    'ipv4',
  )
  return iptablesInput(chains, '')
}
