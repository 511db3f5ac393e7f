import type { ConnectionPoolSettings, PortSettings } from '@meshwork/config/kinds'
import { isHttp, isHttp2, type Protocol } from '@meshwork/config/registry'
import { HttpProtocolOptions } from '@meshwork/protos/envoy/extensions/upstreams/http/v3/http_protocol_options'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { packAny } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import { HTTP_PROTOCOL_OPTIONS } from '../envoy/messages.ts'

const OPTIONS_KEY = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Upstream protocol and pool limits of HTTP; nothing where Envoy's defaults (HTTP/1.1) are meant. */
export function buildHttpOptions(protocol: Protocol, settings: PortSettings, statedNames: readonly string[]): Record<string, Any> {
  const http = settings.connectionPool?.http
  const http2 = speaksHttp2(protocol, settings.connectionPool)
  const names = namesFromRequest(settings.tls, statedNames)
  const limits = connectionLimits(settings.connectionPool)
  if (!http2 && names === undefined && limits === undefined && http?.useClientProtocol !== true && protocol !== 'auto') return {}
  return packOptions({
    upstreamProtocolOptions: upstreamProtocol(http2, http?.useClientProtocol === true || protocol === 'auto', http?.maxConcurrentStreams),
    ...(limits === undefined ? {} : { commonHttpProtocolOptions: limits }),
    ...(names === undefined ? {} : { upstreamHttpProtocolOptions: names }),
  })
}

/** The application is spoken to in whatever protocol the caller used. */
export function clientProtocolOptions(pool?: ConnectionPoolSettings): Record<string, Any> {
  const limits = connectionLimits(pool)
  return packOptions({
    upstreamProtocolOptions: upstreamProtocol(false, true, pool?.http?.maxConcurrentStreams),
    ...(limits === undefined ? {} : { commonHttpProtocolOptions: limits }),
  })
}

/** Ports of HTTP/2, and those of HTTP/1.1 that a rule upgrades. */
export function speaksHttp2(protocol: Protocol, pool: ConnectionPoolSettings | undefined): boolean {
  return isHttp2(protocol) || (isHttp(protocol) && pool?.http?.h2UpgradePolicy === 'UPGRADE')
}

type ProtocolChoice = NonNullable<HttpProtocolOptions['upstreamProtocolOptions']>

function upstreamProtocol(http2: boolean, asClient: boolean, maxStreams: number | undefined): ProtocolChoice {
  const streams = maxStreams === undefined || maxStreams === 0 ? {} : { maxConcurrentStreams: maxStreams }
  const options = asClient
    ? { $case: 'useDownstreamProtocolConfig' as const, value: { httpProtocolOptions: {}, http2ProtocolOptions: streams } }
    : {
        $case: 'explicitHttpConfig' as const,
        value: {
          protocolConfig: http2
            ? { $case: 'http2ProtocolOptions' as const, value: streams }
            : { $case: 'httpProtocolOptions' as const, value: {} },
        },
      }
  const message = HttpProtocolOptions.fromPartial({ upstreamProtocolOptions: options })
  if (message.upstreamProtocolOptions === undefined) throw new Error('protocol options were dropped')
  return message.upstreamProtocolOptions
}

/** Where a rule for TLS names no server, the request's Host does: as SNI, and as what the certificate must be for. */
function namesFromRequest(tls: PortSettings['tls'], statedNames: readonly string[]): HttpProtocolOptions['upstreamHttpProtocolOptions'] {
  if ((tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') || tls.sni) return undefined
  const autoSanValidation = tls.subjectAltNames.length + statedNames.length === 0 && tls.insecureSkipVerify !== true
  return { autoSni: true, autoSanValidation, overrideAutoSniHeader: '' }
}

/** Limits of single connections; undefined leaves Envoy's. */
function connectionLimits(pool: ConnectionPoolSettings | undefined): Record<string, unknown> | undefined {
  const idle = pool?.http?.idleTimeoutMs
  const requests = pool?.http?.maxRequestsPerConnection ?? 0
  const age = pool?.tcp?.maxConnectionDurationMs
  if (idle === undefined && requests === 0 && age === undefined) return undefined
  return {
    ...(idle === undefined ? {} : { idleTimeout: duration(idle) }),
    ...(requests === 0 ? {} : { maxRequestsPerConnection: requests }),
    ...(age === undefined ? {} : { maxConnectionDuration: duration(age) }),
  }
}

function packOptions(options: Parameters<typeof HttpProtocolOptions.fromPartial>[0]): Record<string, Any> {
  return { [OPTIONS_KEY]: packAny(HTTP_PROTOCOL_OPTIONS, HttpProtocolOptions.fromPartial(options)) }
}
