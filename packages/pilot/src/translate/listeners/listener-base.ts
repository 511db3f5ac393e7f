import { TrafficDirection } from '@meshwork/protos/envoy/config/core/v3/base'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { ListenerFilter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { HttpInspector } from '@meshwork/protos/envoy/extensions/filters/listener/http_inspector/v3/http_inspector'
import { OriginalDst } from '@meshwork/protos/envoy/extensions/filters/listener/original_dst/v3/original_dst'
import { OriginalSrc } from '@meshwork/protos/envoy/extensions/filters/listener/original_src/v3/original_src'
import { TlsInspector } from '@meshwork/protos/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector'
import { type MessageType, packAny } from '@meshwork/protos/any'
import { endpointAddress } from '../envoy/address.ts'
import { HTTP_INSPECTOR, ORIGINAL_DST, ORIGINAL_SRC, TLS_INSPECTOR } from '../envoy/messages.ts'
import type { ListenerInputs, ListenerPlace } from './inputs.ts'

export const VIRTUAL_OUTBOUND = 'virtualOutbound'
export const VIRTUAL_INBOUND = 'virtualInbound'
/** Where iptables sends captured traffic (Istio's fixed ports). */
export const CAPTURE_OUTBOUND_PORT = 15_001
export const CAPTURE_INBOUND_PORT = 15_006
/** Mark of packets in TPROXY mode: that of `meshwork-init` and of Istio's script. */
const TPROXY_MARK = 1337
/**
 * How long a connection may say nothing before it counts as one where the server speaks first. Istio's default before 1.13; today's
 * waits for ever, and such servers hang.
 */
export const DETECTION_TIMEOUT_MS = 5000

/** `0.0.0.0_9080`, as Istio names listeners; a socket file is its own name. */
export function placeName(place: ListenerPlace): string {
  return place.address.startsWith('unix:') ? place.address : `${place.address}_${place.port}`
}

/** The name under which a listener is delivered. */
export function listenerName(inputs: ListenerInputs): string {
  switch (inputs.kind) {
    case 'capture-outbound':
      return VIRTUAL_OUTBOUND
    case 'capture-inbound':
      return VIRTUAL_INBOUND
    default:
      return placeName(inputs.place)
  }
}

/** Address and direction; `bindToPort` is said only where it is not the default. */
export function listenerAt(place: ListenerPlace, direction: 'inbound' | 'outbound'): Listener {
  return Listener.fromPartial({
    name: placeName(place),
    address: endpointAddress(place.address, place.port),
    trafficDirection: direction === 'inbound' ? TrafficDirection.INBOUND : TrafficDirection.OUTBOUND,
    ...(place.bound ? {} : { bindToPort: false }),
  })
}

export function tlsInspector(): ListenerFilter {
  return inspector('envoy.filters.listener.tls_inspector', TLS_INSPECTOR, TlsInspector.create())
}

export function httpInspector(): ListenerFilter {
  return inspector('envoy.filters.listener.http_inspector', HTTP_INSPECTOR, HttpInspector.create())
}

export function originalDestination(): ListenerFilter {
  return inspector('envoy.filters.listener.original_dst', ORIGINAL_DST, OriginalDst.create())
}

/** Connections to the application come from the client's address; rules of the kernel know them by this mark. */
export function originalSource(): ListenerFilter {
  return inspector('envoy.filters.listener.original_src', ORIGINAL_SRC, OriginalSrc.create({ mark: TPROXY_MARK }))
}

function inspector<T>(name: string, type: MessageType<T>, message: T): ListenerFilter {
  return { name, configType: { $case: 'typedConfig', value: packAny(type, message) }, filterDisabled: undefined }
}
