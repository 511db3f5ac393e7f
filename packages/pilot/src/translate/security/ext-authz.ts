import { ApiVersion } from '@meshwork/protos/envoy/config/core/v3/config_source'
import type { GrpcService } from '@meshwork/protos/envoy/config/core/v3/grpc_service'
import type { DeepPartial } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ExtAuthz } from '@meshwork/protos/envoy/extensions/filters/http/ext_authz/v3/ext_authz'
import { ExtAuthz as NetworkExtAuthz } from '@meshwork/protos/envoy/extensions/filters/network/ext_authz/v3/ext_authz'
import type { MetadataMatcher } from '@meshwork/protos/envoy/type/matcher/v3/metadata'
import { StatusCode } from '@meshwork/protos/envoy/type/v3/http_status'
import { ListStringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import { duration } from '../envoy/duration.ts'
import type { Authorizer } from './inputs.ts'
import type { CustomStage } from './rule-stages.ts'
import { metadataMatcher } from './token-metadata.ts'
import { valueMatcher } from './value-pattern.ts'

type Ask = NonNullable<CustomStage['ask']>

/** Asks about requests that the rules before it marked. */
export function buildHttpExtAuthz(ask: Ask): ExtAuthz {
  const { authorizer } = ask
  const { provider } = authorizer
  const body = provider.includeRequestBodyInCheck
  return ExtAuthz.fromPartial({
    ...(authorizer.kind === 'http' ? httpService(authorizer) : { services: { $case: 'grpcService', value: grpcService(authorizer) } }),
    transportApiVersion: ApiVersion.V3,
    failureModeAllow: provider.failOpen,
    clearRouteCache: provider.clearRouteCache,
    ...statusOnError(provider.statusOnError),
    ...(body === undefined
      ? {}
      : {
          withRequestBody: {
            maxRequestBytes: body.maxRequestBytes,
            allowPartialMessage: body.allowPartialMessage,
            packAsBytes: body.packAsBytes,
          },
        }),
    includePeerCertificate: authorizer.kind === 'grpc',
    filterEnabledMetadata: marked('envoy.filters.http.rbac', ask),
  })
}

/** Asks about connections; the service speaks gRPC. */
export function buildNetworkExtAuthz(ask: Ask): NetworkExtAuthz {
  return NetworkExtAuthz.fromPartial({
    statPrefix: 'tcp.',
    grpcService: grpcService(ask.authorizer),
    failureModeAllow: ask.authorizer.provider.failOpen,
    transportApiVersion: ApiVersion.V3,
    includePeerCertificate: true,
    filterEnabledMetadata: marked('envoy.filters.network.rbac', ask),
  })
}

/** Envoy takes none but the codes that it names, and 403 where nothing is said. */
function statusOnError(text: string): DeepPartial<ExtAuthz> {
  const code = Object.values(StatusCode).find(known => known !== StatusCode.Empty && String(known) === text)
  return code === undefined ? {} : { statusOnError: { code } }
}

function marked(filter: string, { metadataKey, policyPrefix }: Ask): MetadataMatcher {
  return metadataMatcher(filter, [metadataKey], { matchPattern: { $case: 'stringMatch', value: valueMatcher(`${policyPrefix}*`) } })
}

function grpcService({ cluster, hostname, provider }: Authorizer): DeepPartial<GrpcService> {
  return {
    targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: cluster, authority: hostname } },
    timeout: duration(provider.timeoutMs),
  }
}

function httpService(authorizer: Extract<Authorizer, { kind: 'http' }>): DeepPartial<ExtAuthz> {
  const { provider, cluster, hostname, port } = authorizer
  const uri = {
    uri: `http://${hostname}:${port}`,
    httpUpstreamType: { $case: 'cluster' as const, value: cluster },
    timeout: duration(provider.timeoutMs),
  }
  const added = Object.entries(provider.includeAdditionalHeadersInCheck).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    services: {
      $case: 'httpService',
      value: {
        serverUri: uri,
        pathPrefix: provider.pathPrefix,
        ...(added.length === 0 ? {} : { authorizationRequest: { headersToAdd: added.map(([key, value]) => ({ key, value })) } }),
        authorizationResponse: {
          ...given('allowedUpstreamHeaders', provider.headersToUpstreamOnAllow),
          ...given('allowedClientHeaders', provider.headersToDownstreamOnDeny),
          ...given('allowedClientHeadersOnSuccess', provider.headersToDownstreamOnAllow),
        },
      },
    },
    ...given('allowedHeaders', provider.includeRequestHeadersInCheck),
  }
}

/** The field only where names are listed: an empty list is not the same as none. */
function given<K extends string>(field: K, names: readonly string[]): Partial<Record<K, ListStringMatcher>> {
  if (names.length === 0) return {}
  const list = ListStringMatcher.fromPartial({ patterns: names.map(name => valueMatcher(name, '', true)) })
  // The key is the one that the type names.
  return { [field]: list } as Partial<Record<K, ListStringMatcher>>
}
