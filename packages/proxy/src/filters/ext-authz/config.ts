import type { GrpcService } from '@meshwork/protos/envoy/config/core/v3/grpc_service'
import {
  type BufferSettings,
  ExtAuthz,
  ExtAuthzPerRoute,
  type HttpService,
} from '@meshwork/protos/envoy/extensions/filters/http/ext_authz/v3/ext_authz'
import type { ListStringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import { ALL_PPM, codecFor, runtimeShare } from '../../decode/define-codec.ts'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { decodeMetadataMatch } from '../../decode/metadata-match.ts'
import type { Report } from '../../decode/report.ts'
import { durationMs, required } from '../../decode/scalars.ts'
import { decodeStringMatch } from '../../decode/string-match.ts'
import { compileStringMatch } from '../../route/match-string.ts'
import { compileMetadataMatch } from '../../route/match-value.ts'
import { FILTER_DISABLED } from '../filter.ts'
import { extAuthzBlueprint } from './filter.ts'
import {
  type BodySettings,
  CheckSettings,
  type ExtAuthzFields,
  type GrpcServiceFields,
  type HeaderSelection,
  type HttpServiceFields,
} from './settings.ts'

const PREFIX = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.'

const FIELDS: FieldPolicy<ExtAuthz> = {
  read: [
    'services',
    'failureModeAllow',
    'failureModeAllowHeaderAdd',
    'withRequestBody',
    'clearRouteCache',
    'statusOnError',
    'metadataContextNamespaces',
    'routeMetadataContextNamespaces',
    'filterEnabled',
    'filterEnabledMetadata',
    'denyAtDisable',
    'includePeerCertificate',
    'includeTlsSession',
    'statPrefix',
    'allowedHeaders',
    'disallowedHeaders',
  ],
  // Values are made safe wherever they are set; the version is 3; statistics of the cluster are always charged.
  harmless: ['transportApiVersion', 'validateMutations', 'chargeClusterResponseStats', 'enableDynamicMetadataIngestion'],
}

export const extAuthzCodec: HttpFilterCodec = {
  typeUrl: `${PREFIX}ExtAuthz`,
  decode: codecFor(ExtAuthz, FIELDS, (message, report) => extAuthzBlueprint(readExtAuthz(message, report))),
  perRoute: {
    typeUrl: `${PREFIX}ExtAuthzPerRoute`,
    decode: codecFor(ExtAuthzPerRoute, { read: ['override'], harmless: [] }, ({ override }, report): unknown => {
      if (override?.$case === 'checkSettings') {
        const { contextExtensions, disableRequestBodyBuffering, withRequestBody } = override.value
        const body = readBody(withRequestBody, report.at('check_settings', 'with_request_body'))
        return new CheckSettings(contextExtensions, disableRequestBodyBuffering, body)
      }
      if (override?.value !== true) report.refuse('required', 'must disable the filter or have check_settings')
      return FILTER_DISABLED
    }),
  },
}

function readExtAuthz(message: ExtAuthz, report: Report): ExtAuthzFields {
  const allowed = selection(message.allowedHeaders, report.at('allowed_headers'))
  return {
    service: readService(message, report),
    failureModeAllow: message.failureModeAllow,
    failureModeHeader: message.failureModeAllowHeaderAdd,
    body: readBody(message.withRequestBody, report.at('with_request_body')),
    clearsRouteCache: message.clearRouteCache,
    statusOnError: message.statusOnError?.code || 403,
    metadataNamespaces: message.metadataContextNamespaces,
    routeMetadataNamespaces: message.routeMetadataContextNamespaces,
    enabledPpm: runtimeShare(message.filterEnabled, ALL_PPM),
    enabledMetadata:
      message.filterEnabledMetadata === undefined
        ? null
        : compileMetadataMatch(decodeMetadataMatch(message.filterEnabledMetadata, report.at('filter_enabled_metadata'))),
    deniesWhenDisabled: message.denyAtDisable?.defaultValue === true,
    includesCertificate: message.includePeerCertificate,
    includesTls: message.includeTlsSession,
    statPrefix: message.statPrefix,
    allowedHeaders: allowed ?? olderAllowedHeaders(message, report),
    disallowedHeaders: selection(message.disallowedHeaders, report.at('disallowed_headers')),
  }
}

/** `AuthorizationRequest.allowed_headers`, which `ExtAuthz.allowed_headers` replaces. */
function olderAllowedHeaders({ services }: ExtAuthz, report: Report): HeaderSelection {
  if (services?.$case !== 'httpService') return null
  return selection(
    services.value.authorizationRequest?.allowedHeaders,
    report.at('http_service', 'authorization_request', 'allowed_headers'),
  )
}

function readService({ services }: ExtAuthz, report: Report): HttpServiceFields | GrpcServiceFields {
  if (services?.$case === 'httpService') return readHttp(services.value, report.at('http_service'))
  if (services === undefined) report.refuse('required', 'must have grpc_service or http_service')
  return readGrpc(services?.value, report.at('grpc_service'))
}

const DEFAULT_TIMEOUT_MS = 200

/** Also of the network filter. */
export function readGrpc(service: GrpcService | undefined, report: Report): GrpcServiceFields {
  const target = service?.targetSpecifier
  if (service !== undefined) refuseOtherFields(service, { read: ['targetSpecifier', 'timeout', 'initialMetadata'], harmless: [] }, report)
  if (target?.$case !== 'envoyGrpc') report.refuse('unsupported-service', 'must be envoy_grpc')
  const grpc = target?.$case === 'envoyGrpc' ? target.value : undefined
  const cluster = required(grpc?.clusterName ?? '', report.at('envoy_grpc', 'cluster_name'))
  return {
    kind: 'grpc',
    cluster,
    authority: grpc?.authority || cluster,
    timeoutMs: durationMs(service?.timeout, DEFAULT_TIMEOUT_MS, report.at('timeout')),
    initialMetadata: (service?.initialMetadata ?? []).map(({ key, value }) => [key.toLowerCase(), value] as const),
  }
}

function readHttp(service: HttpService, report: Report): HttpServiceFields {
  const uri = service.serverUri
  const url = URL.parse(uri?.uri ?? '')
  if (url === null) report.at('server_uri', 'uri').refuse('bad-uri', 'must be an absolute URI')
  if (service.pathPrefix !== '' && !service.pathPrefix.startsWith('/')) report.at('path_prefix').refuse('bad-path', "must begin with '/'")
  const answer = service.authorizationResponse
  const select = (list: ListStringMatcher | undefined, field: string): HeaderSelection =>
    selection(list, report.at('authorization_response', field))
  return {
    kind: 'http',
    cluster: required(uri?.httpUpstreamType?.value ?? '', report.at('server_uri', 'cluster')),
    scheme: url?.protocol === 'https:' ? 'https' : 'http',
    timeoutMs: durationMs(uri?.timeout, DEFAULT_TIMEOUT_MS, report.at('server_uri', 'timeout')),
    pathPrefix: service.pathPrefix,
    headersToAdd: (service.authorizationRequest?.headersToAdd ?? []).map(({ key, value }) => [key, value] as const),
    upstreamHeaders: select(answer?.allowedUpstreamHeaders, 'allowed_upstream_headers'),
    upstreamHeadersToAppend: select(answer?.allowedUpstreamHeadersToAppend, 'allowed_upstream_headers_to_append'),
    clientHeaders: select(answer?.allowedClientHeaders, 'allowed_client_headers'),
    clientHeadersOnSuccess: select(answer?.allowedClientHeadersOnSuccess, 'allowed_client_headers_on_success'),
    metadataHeaders: select(answer?.dynamicMetadataFromHeaders, 'dynamic_metadata_from_headers'),
  }
}

function readBody(settings: BufferSettings | undefined, report: Report): BodySettings | null {
  if (settings === undefined) return null
  if (settings.maxRequestBytes === 0) report.at('max_request_bytes').refuse('out-of-range', 'must be more than 0')
  return { maxBytes: settings.maxRequestBytes, allowsPartial: settings.allowPartialMessage, asBytes: settings.packAsBytes }
}

function selection(list: ListStringMatcher | undefined, report: Report): HeaderSelection {
  if (list === undefined) return null
  const tests = list.patterns.map((pattern, i) => {
    const match = decodeStringMatch(pattern, report.at('patterns', i))
    // Names of headers have no case.
    return compileStringMatch(match.kind === 'regex' ? match : { ...match, ignoreCase: true })
  })
  return name => tests.some(test => test(name))
}
