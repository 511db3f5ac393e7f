import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import {
  FilterChain,
  type ListenerFilter,
  ListenerFilterChainMatchPredicate,
} from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { BLACK_HOLE_CLUSTER, INBOUND_PASSTHROUGH_CLUSTER } from '../clusters/cluster-name.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import { duration } from '../envoy/duration.ts'
import { buildInboundChains, buildPassthroughChains } from './inbound-chains.ts'
import { looksForHttp, looksForTls } from './inbound-shapes.ts'
import type { CaptureInboundInputs, InboundPort, SidecarIngressInputs } from './inputs.ts'
import {
  CAPTURE_INBOUND_PORT,
  DETECTION_TIMEOUT_MS,
  httpInspector,
  listenerAt,
  originalDestination,
  originalSource,
  tlsInspector,
  VIRTUAL_INBOUND,
} from './listener-base.ts'

/** A port of the application that the proxy opens in its place. */
export function buildSidecarIngress(inputs: SidecarIngressInputs): Listener {
  const { inbound } = inputs
  return {
    ...listenerAt(inputs.place, 'inbound'),
    listenerFilters: [...(looksForTls(inbound) ? [tlsInspector()] : []), ...(looksForHttp(inbound) ? [httpInspector()] : [])],
    ...(looksForHttp(inbound) || inbound.protocol !== 'http' ? WITHOUT_WAITING : {}),
    filterChains: buildInboundChains(inbound, inputs.ip, inputs.settings, false),
  }
}

/** A caller that waits for the server to speak first is not kept waiting for its first bytes. */
const WITHOUT_WAITING: Partial<Listener> = {
  continueOnListenerFiltersTimeout: true,
  listenerFiltersTimeout: duration(DETECTION_TIMEOUT_MS),
}

/** Everything that comes for the application, by iptables, told apart by the port that callers dialled. */
export function buildCaptureInbound(inputs: CaptureInboundInputs): Listener {
  const { settings, ip, ports, otherTls, transparent } = inputs
  return {
    ...listenerAt({ address: '0.0.0.0', port: CAPTURE_INBOUND_PORT, bound: true }, 'inbound'),
    name: VIRTUAL_INBOUND,
    ...(transparent ? { transparent } : {}),
    listenerFilters: [
      originalDestination(),
      ...(transparent ? [originalSource()] : []),
      exceptFor(
        tlsInspector(),
        ports.filter(port => !looksForTls(port)),
      ),
      exceptFor(
        httpInspector(),
        ports.filter(port => !looksForHttp(port)),
      ),
    ],
    ...WITHOUT_WAITING,
    filterChains: [
      loopGuard(inputs),
      ...ports.flatMap(port => buildInboundChains(port, ip, settings, true)),
      ...buildPassthroughChains(INBOUND_PASSTHROUGH_CLUSTER, otherTls, ip, settings),
    ],
  }
}

/** Ports that say what they speak are not looked into. */
function exceptFor(filter: ListenerFilter, ports: readonly InboundPort[]): ListenerFilter {
  const rules = ports.map(({ port }) => ({
    rule: { $case: 'destinationPortRange' as const, value: { start: port, end: port + 1 } },
  }))
  const [only] = rules
  if (only === undefined) return filter
  const predicate = rules.length === 1 ? only : { rule: { $case: 'orMatch' as const, value: { rules } } }
  return { ...filter, filterDisabled: ListenerFilterChainMatchPredicate.fromPartial(predicate) }
}

/** A connection made to the listener's own port would come back to it for ever. */
function loopGuard(inputs: CaptureInboundInputs): FilterChain {
  return FilterChain.fromPartial({
    name: 'virtualInbound-blackhole',
    filterChainMatch: { destinationPort: CAPTURE_INBOUND_PORT },
    filters: buildTcpFilters(BLACK_HOLE_CLUSTER, [{ cluster: BLACK_HOLE_CLUSTER, weight: 1 }], inputs.settings, 'inbound'),
  })
}
