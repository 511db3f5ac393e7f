/** Who is exempt from interception, and where intercepted connections go. */
export interface InterceptionOptions {
  /** User id under which the proxy runs; its own connections are not sent back to it. */
  readonly proxyUid: number
  readonly outboundPort: number
  readonly inboundPort: number
  /** Ports of the pod that reach their listener directly. */
  readonly excludedInboundPorts: readonly number[]
}

/** Source address of connections that a proxy opens to its own application; they must never be intercepted again. */
const PROXY_TO_APPLICATION_SOURCE = '127.0.0.6/32'

/** The `nat` table of a pod with a sidecar, in the form `iptables-restore` reads. */
export function interceptionRules(options: InterceptionOptions): string {
  const owner = `-m owner --uid-owner ${options.proxyUid}`
  return [
    '*nat',
    ':MESH_INBOUND - [0:0]',
    ':MESH_OUTBOUND - [0:0]',
    '-A PREROUTING -p tcp -j MESH_INBOUND',
    '-A OUTPUT -p tcp -j MESH_OUTBOUND',
    ...options.excludedInboundPorts.map(port => `-A MESH_INBOUND -p tcp --dport ${port} -j RETURN`),
    `-A MESH_INBOUND -p tcp -j REDIRECT --to-ports ${options.inboundPort}`,
    `-A MESH_OUTBOUND -s ${PROXY_TO_APPLICATION_SOURCE} -o lo -j RETURN`,
    // The proxy calls a service whose endpoint is this very pod: that connection is inbound traffic.
    `-A MESH_OUTBOUND -p tcp -o lo ! -d 127.0.0.1/32 ${owner} -j REDIRECT --to-ports ${options.inboundPort}`,
    '-A MESH_OUTBOUND -o lo -m owner ! --uid-owner ' + `${options.proxyUid} -j RETURN`,
    `-A MESH_OUTBOUND ${owner} -j RETURN`,
    '-A MESH_OUTBOUND -d 127.0.0.1/32 -j RETURN',
    `-A MESH_OUTBOUND -p tcp -j REDIRECT --to-ports ${options.outboundPort}`,
    'COMMIT',
    '',
  ].join('\n')
}
