/** Between the messages of `types/messages.ts` and Envoy's protos. */
import { Node } from '@meshwork/protos/envoy/config/core/v3/base'
import {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  Resource,
} from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { DeltaRequest, DeltaResponse, SotwRequest, SotwResponse } from '../types/messages.ts'
import type { XdsNode } from '../types/node.ts'
import { encodedResourceName } from '../types/resource-name.ts'
import { NAME_TABLE_NAME, NAME_TABLE_TYPE } from '../types/type-urls.ts'
import { seal, type XdsResource } from '../types/resource.ts'

export function nodeFromProto(node: Node | undefined): XdsNode | null {
  if (node === undefined) return null
  const { region = '', zone = '', subZone = '' } = node.locality ?? {}
  return {
    id: node.id,
    cluster: node.cluster,
    metadata: node.metadata ?? {},
    locality: { region, zone, subZone },
    userAgentName: node.userAgentName,
  }
}

export function nodeToProto(node: XdsNode): Node {
  return Node.fromPartial({ ...node, metadata: { ...node.metadata } })
}

export function sotwRequestFromProto(request: DiscoveryRequest): SotwRequest {
  return {
    kind: 'sotw',
    node: nodeFromProto(request.node),
    typeUrl: request.typeUrl,
    resourceNames: request.resourceNames,
    versionInfo: request.versionInfo,
    responseNonce: request.responseNonce,
    error: request.errorDetail === undefined ? null : request.errorDetail.message,
  }
}

export function deltaRequestFromProto(request: DeltaDiscoveryRequest): DeltaRequest {
  return {
    kind: 'delta',
    node: nodeFromProto(request.node),
    typeUrl: request.typeUrl,
    subscribe: request.resourceNamesSubscribe,
    unsubscribe: request.resourceNamesUnsubscribe,
    initialVersions: new Map(Object.entries(request.initialResourceVersions)),
    responseNonce: request.responseNonce,
    error: request.errorDetail === undefined ? null : request.errorDetail.message,
  }
}

export function sotwResponseToProto(response: SotwResponse, identifier: string): DiscoveryResponse {
  return DiscoveryResponse.fromPartial({
    versionInfo: response.version,
    typeUrl: response.typeUrl,
    nonce: response.nonce,
    resources: response.resources.map(resource => ({ typeUrl: resource.typeUrl, value: resource.bytes })),
    controlPlane: { identifier },
  })
}

export function deltaResponseToProto(response: DeltaResponse, identifier: string): DeltaDiscoveryResponse {
  return DeltaDiscoveryResponse.fromPartial({
    systemVersionInfo: response.systemVersion,
    typeUrl: response.typeUrl,
    nonce: response.nonce,
    resources: response.resources.map(resource => ({
      name: resource.name,
      version: resource.version,
      resource: { typeUrl: resource.typeUrl, value: resource.bytes },
    })),
    removedResources: [...response.removed],
    controlPlane: { identifier },
  })
}

/** google.rpc.Code: what a NACK carries. */
const INVALID_ARGUMENT = 3

export function sotwRequestToProto(request: SotwRequest): DiscoveryRequest {
  return DiscoveryRequest.fromPartial({
    ...(request.node === null ? {} : { node: nodeToProto(request.node) }),
    typeUrl: request.typeUrl,
    resourceNames: [...request.resourceNames],
    versionInfo: request.versionInfo,
    responseNonce: request.responseNonce,
    ...(request.error === null ? {} : { errorDetail: { code: INVALID_ARGUMENT, message: request.error } }),
  })
}

export function deltaRequestToProto(request: DeltaRequest): DeltaDiscoveryRequest {
  return DeltaDiscoveryRequest.fromPartial({
    ...(request.node === null ? {} : { node: nodeToProto(request.node) }),
    typeUrl: request.typeUrl,
    resourceNamesSubscribe: [...request.subscribe],
    resourceNamesUnsubscribe: [...request.unsubscribe],
    initialResourceVersions: Object.fromEntries(request.initialVersions),
    responseNonce: request.responseNonce,
    ...(request.error === null ? {} : { errorDetail: { code: INVALID_ARGUMENT, message: request.error } }),
  })
}

export function sotwResponseFromProto(response: DiscoveryResponse): SotwResponse {
  return {
    kind: 'sotw',
    typeUrl: response.typeUrl,
    version: response.versionInfo,
    nonce: response.nonce,
    resources: response.resources.map(resourceFromAny),
  }
}

export function deltaResponseFromProto(response: DeltaDiscoveryResponse): DeltaResponse {
  return {
    kind: 'delta',
    typeUrl: response.typeUrl,
    systemVersion: response.systemVersionInfo,
    nonce: response.nonce,
    resources: response.resources.map(resource => ({
      name: resource.name,
      version: resource.version,
      typeUrl: resource.resource?.typeUrl ?? '',
      bytes: resource.resource?.value ?? new Uint8Array(),
    })),
    removed: response.removedResources,
  }
}

const RESOURCE_WRAPPER = 'type.googleapis.com/envoy.service.discovery.v3.Resource'

/** In state of the world a resource comes bare, or in a wrapper that names it (DiscoveryResponse.resources). */
function resourceFromAny(any: Any): XdsResource {
  const wrapped = any.typeUrl === RESOURCE_WRAPPER ? unwrap(any) : undefined
  const { typeUrl, value } = wrapped?.resource ?? any
  // What stands in field 1 of a name table is its first entry.
  const own = typeUrl === NAME_TABLE_TYPE ? NAME_TABLE_NAME : encodedResourceName(value)
  const name = wrapped?.name || own || ''
  return seal(typeUrl, name, () => value)
}

/** Bytes that are no wrapper stay as they are, and are refused as a resource of the wrong type. */
function unwrap(any: Any): Resource | undefined {
  try {
    return Resource.decode(any.value)
  } catch {
    return undefined
  }
}
