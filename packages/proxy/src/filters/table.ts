import { FilterCatalog, type HttpFilterCodec } from '../decode/filter-codec.ts'
import type { MixerClients } from '../mixer-client/index.ts'
import { bufferCodec } from './buffer/index.ts'
import { compressorCodec } from './compressor/index.ts'
import { decompressorCodec } from './decompressor/index.ts'
import { csrfCodec } from './csrf/index.ts'
import { headerToMetadataCodec } from './header-to-metadata/index.ts'
import { healthCheckCodec } from './health-check/index.ts'
import { jwtAuthnCodec } from './jwt-authn/index.ts'
import { localRateLimitCodec } from './local-ratelimit/index.ts'
import { setMetadataCodec } from './set-metadata/index.ts'
import { corsCodec } from './cors/index.ts'
import { extAuthzCodec } from './ext-authz/index.ts'
import { faultCodec } from './fault/index.ts'
import { grpcStatsCodec } from './grpc-stats/index.ts'
import { grpcWebCodec } from './grpc-web/index.ts'
import { headerMutationCodec } from './header-mutation/index.ts'
import { istioStatsCodec, istioTcpStatsCodec } from './istio-stats/index.ts'
import { mixerFilterCodec } from './mixer/index.ts'
import { type Peer, peerMetadataCodec } from './peer-metadata/index.ts'
import { rbacCodec } from './rbac/index.ts'
import { routerCodec } from './router/config.ts'

/** What filters share within one proxy. */
export interface FilterResources {
  readonly mixer: MixerClients
  /** Asked when a chain is compiled: a bootstrap tells it together with the filters. */
  readonly identity: () => ProxyIdentity
}

/** Who this proxy is, for filters that tell others or label metrics. */
export interface ProxyIdentity {
  /** The whole node id. */
  readonly node: string
  readonly peer: Peer
}

/** Every HTTP filter that the proxy knows. A new one is a folder beside this file and a line here. */
function httpFilterCodecs({ mixer, identity }: FilterResources): readonly HttpFilterCodec[] {
  return [
    routerCodec,
    mixerFilterCodec(mixer),
    bufferCodec,
    compressorCodec,
    corsCodec,
    decompressorCodec,
    csrfCodec,
    extAuthzCodec,
    faultCodec,
    grpcStatsCodec,
    grpcWebCodec,
    headerMutationCodec,
    headerToMetadataCodec,
    healthCheckCodec,
    jwtAuthnCodec,
    localRateLimitCodec,
    rbacCodec,
    setMetadataCodec,
    peerMetadataCodec(identity),
    istioStatsCodec(identity),
  ]
}

/** All filters of a process. */
export function filterCatalog(resources: FilterResources): FilterCatalog {
  return new FilterCatalog(httpFilterCodecs(resources), [istioTcpStatsCodec(resources.identity)])
}
