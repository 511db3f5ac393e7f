import { Cors } from '@meshwork/protos/envoy/extensions/filters/http/cors/v3/cors'
import { HTTPFault } from '@meshwork/protos/envoy/extensions/filters/http/fault/v3/fault'
import { FilterConfig as GrpcStats } from '@meshwork/protos/envoy/extensions/filters/http/grpc_stats/v3/config'
import { Router } from '@meshwork/protos/envoy/extensions/filters/http/router/v3/router'
import type { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { type MessageType, packAny } from '@meshwork/protos/any'
import { CORS, FAULT, ROUTER } from '../envoy/messages.ts'
import { buildSecurityFilters } from '../security/security-filters.ts'
import { CORS_FILTER, FAULT_FILTER } from '../routes/build-route.ts'
import type { HttpSettings } from './inputs.ts'
import { buildIstioStats, buildPeerMetadata } from './istio-metrics.ts'
import { buildMixerFilter, type MixerPlace } from './mixer.ts'
import { GRPC_STATS } from './telemetry-messages.ts'

/**
 * The filters of one connection manager, in order. Peer metadata first: headers of proxies are no business of the others, and
 * what they refuse is counted for the workload that asked. Then who may do what. Then Mixer: a request that policy refuses must not be delayed by a
 * fault, and its report covers what the later filters answer. CORS before fault: a preflight is answered, never failed.
 * Ports of gRPC have its statistics, as in Istio. The metrics cover what all others do. The router ends the chain.
 */
export function buildHttpFilters(settings: HttpSettings, place: MixerPlace, grpc: boolean): HttpFilter[] {
  const { mixer, istioMetrics } = settings
  const head = [
    ...(istioMetrics ? [buildPeerMetadata(place)] : []),
    ...buildSecurityFilters(settings.security),
    ...(mixer === null ? [] : [buildMixerFilter(mixer, place)]),
  ]
  const faults =
    place.kind === 'outbound'
      ? [optional(filter(CORS_FILTER, CORS, Cors.create())), optional(filter(FAULT_FILTER, FAULT, HTTPFault.create()))]
      : []
  const metrics = istioMetrics ? [buildIstioStats(settings, place)] : []
  const calls = grpc ? [filter('envoy.filters.http.grpc_stats', GRPC_STATS, GrpcStats.fromPartial({ emitFilterState: true }))] : []
  return [...head, ...faults, ...calls, ...metrics, filter('envoy.filters.http.router', ROUTER, Router.create())]
}

function filter<T>(name: string, type: MessageType<T>, message: T): HttpFilter {
  return { name, configType: { $case: 'typedConfig', value: packAny(type, message) }, isOptional: false, disabled: false }
}

/** A proxy without the filter may leave it out: it acts only where a route has settings for it, and those it will refuse. */
function optional(httpFilter: HttpFilter): HttpFilter {
  return { ...httpFilter, isOptional: true }
}
