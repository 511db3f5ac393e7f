import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { BLACK_HOLE_CLUSTER } from '../clusters/cluster-name.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import type { CaptureOutboundInputs } from './inputs.ts'
import { CAPTURE_OUTBOUND_PORT, listenerAt, VIRTUAL_OUTBOUND } from './listener-base.ts'

/** Hands captured connections to the listener of their original destination; what no listener takes passes or ends here. */
export function buildCaptureOutbound(inputs: CaptureOutboundInputs): Listener {
  const { settings, otherwise: fallback } = inputs
  return {
    ...listenerAt({ address: '0.0.0.0', port: CAPTURE_OUTBOUND_PORT, bound: true }, 'outbound'),
    name: VIRTUAL_OUTBOUND,
    useOriginalDst: true,
    filterChains: [
      // A connection made to the listener's own port would come back to it for ever.
      FilterChain.fromPartial({
        name: 'virtualOutbound-blackhole',
        filterChainMatch: { destinationPort: CAPTURE_OUTBOUND_PORT },
        filters: buildTcpFilters(BLACK_HOLE_CLUSTER, [{ cluster: BLACK_HOLE_CLUSTER, weight: 1 }], settings, 'outbound'),
      }),
      FilterChain.fromPartial({
        name: 'virtualOutbound-catchall-tcp',
        filters: buildTcpFilters(fallback, [{ cluster: fallback, weight: 1 }], settings, 'outbound'),
      }),
    ],
  }
}
