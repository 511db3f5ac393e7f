import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { buildCaptureOutbound } from './build-capture-outbound.ts'
import { buildGatewayPort } from './build-gateway-port.ts'
import { buildCaptureInbound, buildSidecarIngress } from './build-inbound.ts'
import { buildOutboundHttp } from './build-outbound-http.ts'
import { buildOutboundTcp } from './build-outbound-tcp.ts'
import type { ListenerInputs } from './inputs.ts'

export function buildListener(inputs: ListenerInputs): Listener {
  switch (inputs.kind) {
    case 'outbound-http':
      return buildOutboundHttp(inputs)
    case 'outbound-tcp':
      return buildOutboundTcp(inputs)
    case 'capture-outbound':
      return buildCaptureOutbound(inputs)
    case 'sidecar-ingress':
      return buildSidecarIngress(inputs)
    case 'capture-inbound':
      return buildCaptureInbound(inputs)
    case 'gateway-port':
      return buildGatewayPort(inputs)
  }
}
