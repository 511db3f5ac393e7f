import { type HeaderValueOption, HeaderValueOption_HeaderAppendAction as Append } from '@meshwork/protos/envoy/config/core/v3/base'
import { CheckRequest, CheckResponse } from '@meshwork/protos/envoy/service/auth/v3/external_auth'
import type { AttributeContext_Peer } from '@meshwork/protos/envoy/service/auth/v3/attribute_context'
import { HeaderTable } from '../../http/header-table.ts'
import type { SideRequest, SideResponse } from '../../upstream/side-call.ts'
import type { ConnectionFacts, FilterStream } from '../filter.ts'
import type { ExtAuthzFields, GrpcServiceFields } from './settings.ts'
import { ERROR, type HeaderChange, type Verdict } from './verdict.ts'

const MAX_ANSWER_BYTES = 1024 * 1024

/** `envoy.service.auth.v3.Authorization/Check` as one message (gRPC over HTTP/2, length-prefixed). */
export function grpcQuestion(
  stream: FilterStream,
  fields: ExtAuthzFields,
  service: GrpcServiceFields,
  extensions: Readonly<Record<string, string>>,
  body: Buffer,
  partial: boolean | null,
): SideRequest {
  return grpcCheck(service, checkRequest(stream, fields, extensions, body, partial))
}

/** A check as a call; also of the network filter. */
export function grpcCheck(service: GrpcServiceFields, check: CheckRequest): SideRequest {
  const message = CheckRequest.encode(check).finish()
  const headers = new HeaderTable()
  headers.append('host', service.authority)
  headers.append('content-type', 'application/grpc')
  headers.append('te', 'trailers')
  headers.append('grpc-timeout', `${service.timeoutMs}m`)
  for (const [name, value] of service.initialMetadata) headers.append(name, value)
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return {
    method: 'POST',
    path: '/envoy.service.auth.v3.Authorization/Check',
    authority: service.authority,
    scheme: 'http',
    requestHeaders: headers,
    upgrade: false,
    body: Buffer.concat([prefix, message]),
    timeoutMs: service.timeoutMs,
    maxResponseBytes: MAX_ANSWER_BYTES,
  }
}

function checkRequest(
  stream: FilterStream,
  fields: ExtAuthzFields,
  contextExtensions: Readonly<Record<string, string>>,
  body: Buffer,
  partial: boolean | null,
): CheckRequest {
  const { connection } = stream
  const seconds = Math.floor(stream.startTimeMs / 1000)
  const route = stream.route?.metadata ?? {}
  return CheckRequest.fromPartial({
    attributes: {
      source: peer(
        stream.remoteAddress,
        connection.remotePort,
        principalOf(connection),
        fields.includesCertificate ? certificateOf(connection) : '',
      ),
      destination: peer(connection.localAddress, connection.localPort, connection.localUriSan, ''),
      request: {
        time: { seconds: BigInt(seconds), nanos: Math.floor((stream.startTimeMs - seconds * 1000) * 1e6) },
        http: {
          id: String(connection.id),
          method: stream.method,
          path: stream.path,
          host: stream.authority,
          scheme: stream.scheme,
          protocol: stream.protocol,
          headers: headersOf(stream, fields, partial),
          size: BigInt(sizeOf(stream)),
          ...(fields.body?.asBytes === true ? { rawBody: body } : { body: body.toString() }),
        },
      },
      contextExtensions: { ...contextExtensions },
      metadataContext: { filterMetadata: contextOf(fields.metadataNamespaces, name => stream.dynamicMetadata(name)) },
      routeMetadataContext: { filterMetadata: contextOf(fields.routeMetadataNamespaces, name => route[name]) },
      ...(fields.includesTls && connection.isTls ? { tlsSession: { sni: connection.requestedServerName } } : {}),
    },
  })
}

export function principalOf({ peer: shown }: ConnectionFacts): string {
  return shown?.uriSans[0] ?? shown?.dnsSans[0] ?? shown?.subject ?? ''
}

/** One end of a connection. */
export function peer(address: string, port: number, principal: string, certificate: string): Partial<AttributeContext_Peer> {
  return {
    address: {
      address: {
        $case: 'socketAddress',
        value: {
          protocol: 0,
          address,
          portSpecifier: { $case: 'portValue', value: port },
          resolverName: '',
          ipv4Compat: false,
        },
      },
    },
    principal,
    certificate,
  }
}

/** URL-encoded PEM. */
export function certificateOf({ peer: shown }: ConnectionFacts): string {
  if (shown === null) return ''
  const lines = shown.raw
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')
    .trimEnd()
  return encodeURIComponent(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`)
}

/** All headers unless some are chosen, lines of one name joined, pseudo-headers too. */
function headersOf(
  stream: FilterStream,
  { allowedHeaders, disallowedHeaders }: ExtAuthzFields,
  partial: boolean | null,
): Record<string, string> {
  const all = new Map([
    [':method', stream.method],
    [':path', stream.path],
    [':authority', stream.authority],
    [':scheme', stream.scheme],
  ])
  for (const { key } of stream.requestHeaders.names) if (key !== 'host') all.set(key, stream.requestHeaders.getJoined(key) ?? '')
  if (partial !== null) all.set('x-envoy-auth-partial-body', String(partial))
  const chosen = [...all].filter(([name]) => disallowedHeaders?.(name) !== true && (allowedHeaders === null || allowedHeaders(name)))
  return Object.fromEntries(chosen)
}

function sizeOf({ requestHeaders }: FilterStream): number {
  const length = requestHeaders.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : -1
}

function contextOf(names: readonly string[], valueOf: (name: string) => unknown): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {}
  for (const name of names) {
    const value = valueOf(name)
    if (typeof value === 'object' && value !== null) found[name] = { ...value }
  }
  return found
}

/** Any answer but a whole message with `grpc-status: 0` is a failure. */
export function grpcVerdict({ status, headers, trailers, body }: SideResponse): Verdict {
  const grpcStatus = trailers?.get('grpc-status') ?? headers.get('grpc-status')
  if (status !== 200 || grpcStatus !== '0' || body.length < 5 || body[0] !== 0) return ERROR
  const length = body.readUInt32BE(1)
  if (body.length < 5 + length) return ERROR
  try {
    return verdictOf(CheckResponse.decode(body.subarray(5, 5 + length)))
  } catch {
    return ERROR
  }
}

const FORBIDDEN = 403

function verdictOf({ status, httpResponse, dynamicMetadata }: CheckResponse): Verdict {
  if ((status?.code ?? 0) !== 0) {
    const denied = httpResponse?.$case === 'deniedResponse' ? httpResponse.value : undefined
    return {
      kind: 'denied',
      status: denied?.status?.code || FORBIDDEN,
      body: denied?.body ?? '',
      headers: (denied?.headers ?? []).map(({ header }) => [header?.key.toLowerCase() ?? '', valueOf(header)] as const),
      metadata: dynamicMetadata ?? null,
    }
  }
  const allowed = httpResponse?.$case === 'okResponse' ? httpResponse.value : undefined
  return {
    kind: 'allowed',
    requestChanges: (allowed?.headers ?? []).map(option => change(option, 'set')),
    requestRemovals: (allowed?.headersToRemove ?? []).map(name => name.toLowerCase()),
    responseChanges: (allowed?.responseHeadersToAdd ?? []).map(option => change(option, 'append')),
    query:
      allowed === undefined
        ? null
        : { set: allowed.queryParametersToSet.map(({ key, value }) => [key, value] as const), remove: allowed.queryParametersToRemove },
    metadata: dynamicMetadata ?? allowed?.dynamicMetadata ?? null,
  }
}

function change(option: HeaderValueOption, fallback: 'append' | 'set'): HeaderChange {
  return { name: option.header?.key.toLowerCase() ?? '', value: valueOf(option.header), action: actionOf(option, fallback) }
}

function valueOf(header: HeaderValueOption['header']): string {
  return header === undefined || header.rawValue.length === 0 ? (header?.value ?? '') : Buffer.from(header.rawValue).toString('latin1')
}

/** `append` is the older field; without either, requests' headers are replaced and responses' added to. */
function actionOf({ append, appendAction }: HeaderValueOption, fallback: 'append' | 'set'): HeaderChange['action'] {
  if (append !== undefined) return append ? 'append' : 'set'
  if (appendAction === Append.ADD_IF_ABSENT) return 'add-if-absent'
  if (appendAction === Append.OVERWRITE_IF_EXISTS_OR_ADD) return 'set'
  return appendAction === Append.OVERWRITE_IF_EXISTS ? 'set-if-present' : fallback
}
