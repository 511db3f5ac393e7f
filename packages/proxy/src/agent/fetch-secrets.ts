import { type handleUnaryCall, type Server, status } from '@grpc/grpc-js'
import type { DiscoveryRequest } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { SecretDiscoveryServiceService } from '@meshwork/protos/envoy/service/secret/v3/sds'
import { SECRET_TYPE, type XdsResource } from '@meshwork/xds/types'

const METHOD = SecretDiscoveryServiceService.fetchSecrets

/** Adds `FetchSecrets`, for clients that ask once, to a server that has the streaming methods already. */
export function serveFetchSecrets(server: Server, current: () => readonly XdsResource[]): void {
  server.unregister(METHOD.path)
  const added = server.register(METHOD.path, fetchSecrets(current), METHOD.responseSerialize, METHOD.requestDeserialize, 'unary')
  if (!added) throw new TypeError(`${METHOD.path} is registered twice`)
}

function fetchSecrets(current: () => readonly XdsResource[]): handleUnaryCall<DiscoveryRequest, DiscoveryResponse> {
  return (call, respond) => {
    const { resourceNames } = call.request
    const available = current()
    if (available.length === 0) return respond({ code: status.UNAVAILABLE, details: 'there is no certificate yet' })
    const wanted = available.filter(resource => resourceNames.length === 0 || resourceNames.includes(resource.name))
    const versionInfo = wanted.map(resource => resource.version).join('.')
    const resources = wanted.map(resource => ({ typeUrl: SECRET_TYPE, value: Buffer.from(resource.bytes) }))
    return respond(null, DiscoveryResponse.fromPartial({ versionInfo, typeUrl: SECRET_TYPE, resources }))
  }
}
