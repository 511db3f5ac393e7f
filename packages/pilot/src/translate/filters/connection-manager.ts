import type { PathNormalization } from '@meshwork/config/kinds'
import type { DeepPartial } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import {
  HttpConnectionManager,
  HttpConnectionManager_ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction,
} from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { packAny } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import { HTTP_CONNECTION_MANAGER } from '../envoy/messages.ts'
import { ADS_SOURCE } from '../envoy/sds.ts'
import { buildAccessLogs } from './access-log.ts'
import { buildHttpFilters } from './http-filters.ts'
import type { HttpSettings } from './inputs.ts'
import type { MixerPlace } from './mixer.ts'
import { buildTracing } from './tracing.ts'

export interface ConnectionManagerInputs {
  readonly statPrefix: string
  readonly routes: { readonly kind: 'rds'; readonly name: string } | { readonly kind: 'inline'; readonly table: RouteConfiguration }
  readonly settings: HttpSettings
  readonly place: MixerPlace
  /** Gateways are the first to see a request: they add the peer's address and drop identities that callers claim. */
  readonly edge: boolean
  /** Accepts `GET http://host/path`, as an HTTP proxy does. */
  readonly absoluteUrls: boolean
  /** The port is one of gRPC. */
  readonly grpc: boolean
}

/** The filter that speaks HTTP on a connection. */
export function buildConnectionManager(inputs: ConnectionManagerInputs): Filter {
  const manager = HttpConnectionManager.fromPartial({
    statPrefix: inputs.statPrefix,
    routeSpecifier: routeSpecifier(inputs),
    httpFilters: buildHttpFilters(inputs.settings, inputs.place, inputs.grpc),
    accessLog: buildAccessLogs(inputs.settings.accessLogs),
    ...(inputs.settings.tracing === null ? {} : { tracing: buildTracing(inputs.settings.tracing) }),
    useRemoteAddress: inputs.edge,
    ...(inputs.edge ? { xffNumTrustedHops: inputs.settings.trustedProxies } : {}),
    generateRequestId: true,
    // A request keeps its id on its way through the mesh; only an edge makes a new one for strangers.
    preserveExternalRequestId: !inputs.edge,
    streamIdleTimeout: duration(0),
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    ...normalization(inputs.settings.pathNormalization),
    ...(inputs.absoluteUrls ? { httpProtocolOptions: { allowAbsoluteUrl: true } } : {}),
    ...clientCertificates(inputs),
  })
  return {
    name: 'envoy.filters.network.http_connection_manager',
    configType: { $case: 'typedConfig', value: packAny(HTTP_CONNECTION_MANAGER, manager) },
  }
}

/** Applies to matching and forwarding alike: never is one spelling authorized and another one forwarded. */
function normalization(kind: PathNormalization): DeepPartial<HttpConnectionManager> {
  if (kind === 'NONE') return {}
  const merging = kind === 'MERGE_SLASHES' || kind === 'DECODE_AND_MERGE_SLASHES'
  return {
    normalizePath: true,
    ...(merging ? { mergeSlashes: true } : {}),
    ...(kind === 'DECODE_AND_MERGE_SLASHES'
      ? { pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD }
      : {}),
  }
}

function routeSpecifier({ routes }: ConnectionManagerInputs): NonNullable<HttpConnectionManager['routeSpecifier']> {
  return routes.kind === 'rds'
    ? { $case: 'rds', value: { routeConfigName: routes.name, configSource: ADS_SOURCE } }
    : { $case: 'routeConfig', value: routes.table }
}

/** The application learns who called from `x-forwarded-client-cert`, which a sidecar extends and a gateway makes anew. */
function clientCertificates(inputs: ConnectionManagerInputs): Partial<HttpConnectionManager> {
  if (inputs.edge) {
    return {
      forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET,
      setCurrentClientCertDetails: { subject: true, cert: true, chain: false, dns: true, uri: true },
    }
  }
  if (inputs.place.kind === 'outbound') return {}
  return {
    forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.APPEND_FORWARD,
    setCurrentClientCertDetails: { subject: true, cert: false, chain: false, dns: true, uri: true },
  }
}
