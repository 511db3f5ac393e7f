import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { buildConnectionManager } from '../filters/connection-manager.ts'
import type { OutboundHttpInputs } from './inputs.ts'
import { listenerAt, placeName } from './listener-base.ts'

export function buildOutboundHttp(inputs: OutboundHttpInputs): Listener {
  const filter = buildConnectionManager({
    statPrefix: `outbound_${placeName(inputs.place)}`,
    routes: { kind: 'rds', name: inputs.routeName },
    settings: inputs.settings,
    place: { kind: 'outbound' },
    edge: false,
    absoluteUrls: inputs.httpProxy,
    grpc: inputs.grpc,
  })
  return { ...listenerAt(inputs.place, 'outbound'), filterChains: [FilterChain.fromPartial({ filters: [filter] })] }
}
