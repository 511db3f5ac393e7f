import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { BLACK_HOLE_CLUSTER, INBOUND_PASSTHROUGH_CLUSTER } from '../clusters/cluster-name.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import { buildInboundChains, buildPassthroughChains, needsTlsInspector } from './inbound-chains.ts'
import type { CaptureInboundInputs, SidecarIngressInputs } from './inputs.ts'
import { CAPTURE_INBOUND_PORT, listenerAt, originalDestination, tlsInspector, VIRTUAL_INBOUND } from './listener-base.ts'

/** A port of the application that the proxy opens in its place. */
export function buildSidecarIngress(inputs: SidecarIngressInputs): Listener {
  return {
    ...listenerAt(inputs.place, 'inbound'),
    listenerFilters: needsTlsInspector([inputs.inbound.tls]) ? [tlsInspector()] : [],
    filterChains: buildInboundChains(inputs.inbound, inputs.ip, inputs.settings, false),
  }
}

/** Everything that comes for the application, by iptables, told apart by the port that callers dialled. */
export function buildCaptureInbound(inputs: CaptureInboundInputs): Listener {
  const { settings, ip } = inputs
  const modes = [inputs.otherTls, ...inputs.ports.map(port => port.tls)]
  return {
    ...listenerAt({ address: '0.0.0.0', port: CAPTURE_INBOUND_PORT, bound: true }, 'inbound'),
    name: VIRTUAL_INBOUND,
    listenerFilters: [originalDestination(), ...(needsTlsInspector(modes) ? [tlsInspector()] : [])],
    // A caller that waits for the server to speak first is not kept waiting for its TLS hello.
    continueOnListenerFiltersTimeout: true,
    filterChains: [
      loopGuard(inputs),
      ...inputs.ports.flatMap(port => buildInboundChains(port, ip, settings, true)),
      ...buildPassthroughChains(INBOUND_PASSTHROUGH_CLUSTER, inputs.otherTls, settings),
    ],
  }
}

/** A connection made to the listener's own port would come back to it for ever. */
function loopGuard(inputs: CaptureInboundInputs): FilterChain {
  return FilterChain.fromPartial({
    name: 'virtualInbound-blackhole',
    filterChainMatch: { destinationPort: CAPTURE_INBOUND_PORT },
    filters: buildTcpFilters(BLACK_HOLE_CLUSTER, [{ cluster: BLACK_HOLE_CLUSTER, weight: 1 }], inputs.settings, 'inbound'),
  })
}
