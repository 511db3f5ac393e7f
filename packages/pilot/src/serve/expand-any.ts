import { type MessageType, messageName } from '@meshwork/protos/any'
import * as envoy from '../translate/envoy/messages.ts'
import { MIXER_CLIENT, MIXER_SERVICE } from '../translate/filters/mixer-messages.ts'
import * as security from '../translate/security/messages.ts'
import * as telemetry from '../translate/filters/telemetry-messages.ts'

const TYPES: ReadonlyMap<string, Pick<MessageType<unknown>, 'name'> & { readonly open: (bytes: Uint8Array) => unknown }> = new Map(
  [
    opened(envoy.CORS),
    opened(envoy.CORS_POLICY),
    opened(envoy.DOWNSTREAM_TLS),
    opened(envoy.FAULT),
    opened(envoy.FILE_ACCESS_LOG),
    opened(envoy.HTTP_CONNECTION_MANAGER),
    opened(envoy.HTTP_INSPECTOR),
    opened(envoy.HTTP_PROTOCOL_OPTIONS),
    opened(envoy.MONGO_PROXY),
    opened(envoy.ORIGINAL_DST),
    opened(envoy.PROXY_PROTOCOL_TRANSPORT),
    opened(envoy.RAW_BUFFER),
    opened(envoy.ROUTER),
    opened(envoy.TCP_PROXY),
    opened(envoy.TLS_INSPECTOR),
    opened(envoy.UPSTREAM_TLS),
    opened(MIXER_CLIENT),
    opened(MIXER_SERVICE),
    opened(security.HTTP_EXT_AUTHZ),
    opened(security.HTTP_RBAC),
    opened(security.JWT_AUTHN),
    opened(security.NETWORK_EXT_AUTHZ),
    opened(security.NETWORK_RBAC),
    opened(security.URI_TEMPLATE),
    opened(telemetry.GRPC_STATS),
    opened(telemetry.ISTIO_STATS),
    opened(telemetry.OPEN_TELEMETRY),
    opened(telemetry.PEER_METADATA),
    opened(telemetry.ZIPKIN),
  ].map(type => [type.name, type]),
)

function opened<T>(type: MessageType<T>): { readonly name: string; readonly open: (bytes: Uint8Array) => unknown } {
  return { name: type.name, open: bytes => type.codec.toJSON(type.codec.decode(bytes)) }
}

/** JSON of a message with every packed message replaced by `{"@type": …, …fields}`, as protobuf's JSON form has it. Unknown types stay packed. */
export function expandAny(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(expandAny)
  if (typeof json !== 'object' || json === null) return json
  const packed = packedMessage(json)
  if (packed !== undefined) return packed
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, expandAny(value)]))
}

/** ts-proto writes an `Any` as its two fields, the bytes in base64. An empty message has no `value` at all. */
function packedMessage(json: object): unknown {
  const fields = new Map(Object.entries(json))
  const url: unknown = fields.get('type_url') ?? fields.get('typeUrl')
  const value: unknown = fields.get('value') ?? ''
  if (typeof url !== 'string' || typeof value !== 'string') return undefined
  const type = TYPES.get(messageName(url))
  if (type === undefined) return value === '' ? { '@type': url } : { '@type': url, value }
  const opened = type.open(Buffer.from(value, 'base64'))
  const inner = expandAny(opened)
  return typeof inner === 'object' && inner !== null ? { '@type': url, ...inner } : { '@type': url }
}
