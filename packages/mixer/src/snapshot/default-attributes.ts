import type { AttributeTypes, ValueType } from '../lang/index.ts'

/**
 * Attributes that exist without any `attributemanifest`: the 79 of the manifests that Istio 1.0 installs, and those that proxies send
 * beside them (mixer.md 2.2). A manifest may add names, or give one of these another type.
 */
const NAMES_BY_TYPE: Readonly<Partial<Record<ValueType, string>>> = {
  STRING: `
    source.name source.uid source.namespace source.owner source.serviceAccount source.workload.uid source.workload.name
    source.workload.namespace source.principal source.user source.service source.services
    destination.uid destination.namespace destination.name destination.owner destination.container.name destination.serviceAccount
    destination.workload.uid destination.workload.name destination.workload.namespace destination.principal destination.service
    destination.service.host destination.service.name destination.service.namespace destination.service.uid
    origin.uid origin.user
    request.host request.method request.path request.scheme request.referer request.useragent request.id request.reason
    request.auth.principal request.auth.audiences request.auth.presenter request.auth.raw_claims request.api_key
    api.service api.version api.operation api.protocol
    response.grpc_status response.grpc_message
    connection.id connection.event connection.requested_server_name
    context.protocol context.reporter.kind context.reporter.uid
    check.error_message`,
  INT64: `
    destination.port request.size request.total_size response.code response.size response.total_size
    connection.received.bytes connection.received.bytes_total connection.sent.bytes connection.sent.bytes_total
    check.error_code`,
  BOOL: 'connection.mtls context.reporter.local check.cache_hit quota.cache_hit',
  TIMESTAMP: 'request.time response.time context.time context.timestamp',
  DURATION: 'response.duration connection.duration',
  IP_ADDRESS: 'source.ip destination.ip origin.ip',
  STRING_MAP: `
    source.labels source.metadata destination.labels destination.metadata request.headers request.auth.claims response.headers`,
}

function isValueType(text: string): text is ValueType {
  return text in NAMES_BY_TYPE
}

export const DEFAULT_ATTRIBUTES: AttributeTypes = new Map(
  Object.entries(NAMES_BY_TYPE).flatMap(([type, names]) =>
    isValueType(type)
      ? names
          .trim()
          .split(/\s+/)
          .map((name): [string, ValueType] => [name, type])
      : [],
  ),
)
