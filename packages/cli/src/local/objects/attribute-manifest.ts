import { SYSTEM_NAMESPACE } from './system-namespace.ts'
import { metadata } from './metadata.ts'

type ValueType = 'STRING' | 'INT64' | 'BOOL' | 'IP_ADDRESS' | 'TIMESTAMP' | 'DURATION' | 'STRING_MAP'

/** The attributes of Istio 1.0 by type (mixer.md 2.2): what an installation declares, so that expressions may use them. */
const ATTRIBUTES: Readonly<Record<ValueType, readonly string[]>> = {
  STRING: [
    ...each('source', 'name', 'uid', 'namespace', 'owner', 'serviceAccount', 'principal', 'user', 'service', 'services'),
    ...each('source.workload', 'uid', 'name', 'namespace'),
    ...each('destination', 'uid', 'namespace', 'name', 'owner', 'serviceAccount', 'principal', 'service', 'container.name'),
    ...each('destination.workload', 'uid', 'name', 'namespace'),
    ...each('destination.service', 'host', 'name', 'namespace', 'uid'),
    ...each('origin', 'uid', 'user'),
    ...each('request', 'host', 'method', 'path', 'scheme', 'referer', 'useragent', 'id', 'reason', 'api_key'),
    ...each('request.auth', 'principal', 'audiences', 'presenter', 'raw_claims'),
    ...each('api', 'service', 'version', 'operation', 'protocol'),
    ...each('response', 'grpc_status', 'grpc_message'),
    ...each('connection', 'id', 'event', 'requested_server_name'),
    ...each('context', 'protocol', 'reporter.kind', 'reporter.uid'),
    'check.error_message',
  ],
  INT64: [
    ...each('source', 'port'),
    ...each('destination', 'port'),
    ...each('request', 'size', 'total_size'),
    ...each('response', 'code', 'size', 'total_size'),
    ...each('connection.received', 'bytes', 'bytes_total'),
    ...each('connection.sent', 'bytes', 'bytes_total'),
    'check.error_code',
  ],
  BOOL: ['connection.mtls', 'context.reporter.local', 'check.cache_hit', 'quota.cache_hit'],
  IP_ADDRESS: ['source.ip', 'destination.ip', 'origin.ip'],
  TIMESTAMP: ['request.time', 'response.time', 'context.time', 'context.timestamp'],
  DURATION: ['response.duration', 'connection.duration'],
  STRING_MAP: [
    ...each('source', 'labels', 'metadata'),
    ...each('destination', 'labels', 'metadata'),
    'request.headers',
    'request.auth.claims',
    'response.headers',
  ],
}

function each(prefix: string, ...names: readonly string[]): readonly string[] {
  return names.map(name => `${prefix}.${name}`)
}

export function attributeManifestObject(): object {
  const entries = Object.entries(ATTRIBUTES).flatMap(([valueType, names]) => names.map(name => [name, { valueType }] as const))
  return {
    apiVersion: 'config.istio.io/v1alpha2',
    kind: 'attributemanifest',
    metadata: metadata('istioproxy', SYSTEM_NAMESPACE),
    spec: { attributes: Object.fromEntries(entries) },
  }
}
