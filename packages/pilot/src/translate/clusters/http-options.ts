import type { PortSettings } from '@meshwork/config/kinds'
import { isHttp2, type Protocol } from '@meshwork/config/registry'
import { HttpProtocolOptions } from '@meshwork/protos/envoy/extensions/upstreams/http/v3/http_protocol_options'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { packAny } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import { HTTP_PROTOCOL_OPTIONS } from '../envoy/messages.ts'

const OPTIONS_KEY = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Upstream protocol and pool limits of HTTP; nothing where Envoy's defaults (HTTP/1.1) are meant. */
export function buildHttpOptions(protocol: Protocol, settings: PortSettings): Record<string, Any> {
  const http = settings.connectionPool?.http
  const http2 = isHttp2(protocol) || http?.h2UpgradePolicy === 'UPGRADE'
  const autoSni = (settings.tls?.mode === 'SIMPLE' || settings.tls?.mode === 'MUTUAL') && !settings.tls.sni
  const limits = http?.idleTimeoutMs !== undefined || (http?.maxRequestsPerConnection ?? 0) > 0
  if (!http2 && !autoSni && !limits && http?.useClientProtocol !== true && protocol !== 'auto') return {}
  return packOptions({
    upstreamProtocolOptions: upstreamProtocol(http2, http?.useClientProtocol === true || protocol === 'auto', http?.maxConcurrentStreams),
    ...(limits ? { commonHttpProtocolOptions: commonOptions(http?.idleTimeoutMs, http?.maxRequestsPerConnection) } : {}),
    ...(autoSni ? { upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true } } : {}),
  })
}

/** The application is spoken to in whatever protocol the caller used. */
export function clientProtocolOptions(): Record<string, Any> {
  return packOptions({ upstreamProtocolOptions: upstreamProtocol(false, true, undefined) })
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

function commonOptions(idleTimeoutMs: number | undefined, maxRequests: number | undefined): Record<string, unknown> {
  return {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeout: duration(idleTimeoutMs) }),
    ...(maxRequests === undefined || maxRequests === 0 ? {} : { maxRequestsPerConnection: maxRequests }),
  }
}

function packOptions(options: Parameters<typeof HttpProtocolOptions.fromPartial>[0]): Record<string, Any> {
  return { [OPTIONS_KEY]: packAny(HTTP_PROTOCOL_OPTIONS, HttpProtocolOptions.fromPartial(options)) }
}
