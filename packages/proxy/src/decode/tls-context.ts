import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { type TlsParameters, TlsParameters_TlsProtocol } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import {
  type CommonTlsContext,
  DownstreamTlsContext,
  UpstreamTlsContext,
} from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { messageOf } from '@meshwork/core/result'
import type { CertificateSource, DownstreamTlsConfig, UpstreamTlsConfig } from '../model/tls.ts'
import { fileName, inlineText } from './data-source.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { fileCertificateName } from './file-secret-name.ts'
import type { Report } from './report.ts'
import { decodeValidation, secretRef } from './tls-validation.ts'

const TLS_PACKAGE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.'
const RAW_BUFFER = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'

const COMMON_FIELDS: FieldPolicy<CommonTlsContext> = {
  read: ['tlsParams', 'tlsCertificates', 'tlsCertificateSdsSecretConfigs', 'validationContextType', 'alpnProtocols'],
  harmless: ['keyLog'],
}
const DOWNSTREAM_FIELDS: FieldPolicy<DownstreamTlsContext> = {
  read: ['commonTlsContext', 'requireClientCertificate'],
  // Ways to resume sessions and to staple OCSP: a full handshake is always a right answer.
  harmless: [
    'sessionTicketKeysType',
    'disableStatefulSessionResumption',
    'sessionTimeout',
    'ocspStaplePolicy',
    'fullScanCertsOnSniMismatch',
  ],
}
const UPSTREAM_FIELDS: FieldPolicy<UpstreamTlsContext> = {
  read: ['commonTlsContext', 'sni'],
  harmless: ['maxSessionKeys', 'enforceRsaKeyUsage'],
}

/** null: plain text. */
export function decodeDownstreamSocket(socket: TransportSocket | undefined, report: Report): DownstreamTlsConfig | null {
  const bytes = tlsBytes(socket, 'DownstreamTlsContext', report)
  if (bytes === null) return null
  const context = decodeContext(() => DownstreamTlsContext.decode(bytes), report)
  if (context === null) return null
  refuseOtherFields(context, DOWNSTREAM_FIELDS, report)
  const common = commonOf(context.commonTlsContext, report)
  const requireClientCertificate = context.requireClientCertificate ?? false
  if (common.certificate === null) report.at('common_tls_context').refuse('required', 'a server needs a certificate')
  if (requireClientCertificate && common.validation === null) {
    report.at('common_tls_context').refuse('required', 'a required client certificate needs a validation context')
  }
  return { ...common, certificate: common.certificate ?? { name: '' }, requireClientCertificate }
}

/** null: plain text. */
export function decodeUpstreamSocket(socket: TransportSocket | undefined, report: Report): UpstreamTlsConfig | null {
  const bytes = tlsBytes(socket, 'UpstreamTlsContext', report)
  if (bytes === null) return null
  const context = decodeContext(() => UpstreamTlsContext.decode(bytes), report)
  if (context === null) return null
  refuseOtherFields(context, UPSTREAM_FIELDS, report)
  return { ...commonOf(context.commonTlsContext, report), sni: context.sni }
}

function tlsBytes(socket: TransportSocket | undefined, message: string, report: Report): Uint8Array | null {
  const config = socket?.configType?.value
  if (socket === undefined || config?.typeUrl === RAW_BUFFER) return null
  // A raw buffer has nothing to configure, so its name alone is accepted.
  if (config === undefined && socket.name === 'envoy.transport_sockets.raw_buffer') return null
  if (config?.typeUrl === TLS_PACKAGE + message) return config.value
  report.at('typed_config').refuse('unknown-type', `${config?.typeUrl ?? `'${socket.name}' without configuration`} is not supported`)
  return null
}

function decodeContext<T>(decode: () => T, report: Report): T | null {
  try {
    return decode()
  } catch (error) {
    report.refuse('malformed', messageOf(error))
    return null
  }
}

interface CommonTls {
  readonly certificate: CertificateSource | null
  readonly validation: UpstreamTlsConfig['validation']
  readonly alpn: readonly string[]
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/**
 * Istio's metadata exchange is offered by its Envoy filter of that name. We have none, and whoever agrees to the protocol
 * must speak it, so the name is not offered.
 */
const METADATA_EXCHANGE_ALPN = 'istio-peer-exchange'

function commonOf(context: CommonTlsContext | undefined, parent: Report): CommonTls {
  const report = parent.at('common_tls_context')
  if (context === undefined) {
    report.refuse('required', 'must be set')
    return { certificate: null, validation: null, alpn: [], minVersion: 'TLSv1.2' }
  }
  refuseOtherFields(context, COMMON_FIELDS, report)
  return {
    certificate: certificateOf(context, report),
    validation: decodeValidation(context.validationContextType, report),
    alpn: context.alpnProtocols.filter(name => name !== METADATA_EXCHANGE_ALPN),
    minVersion: minVersionOf(context.tlsParams, report.at('tls_params')),
  }
}

function certificateOf(context: CommonTlsContext, report: Report): CertificateSource | null {
  const [sds, ...moreSds] = context.tlsCertificateSdsSecretConfigs
  const [inline, ...moreInline] = context.tlsCertificates
  if (moreSds.length + moreInline.length > 0 || (sds !== undefined && inline !== undefined)) {
    report.at('tls_certificates').refuse('unsupported-field', 'more than one certificate is not supported')
  }
  if (sds !== undefined) return secretRef(sds.name, report.at('tls_certificate_sds_secret_configs', 0))
  if (inline === undefined) return null
  const inner = report.at('tls_certificates', 0)
  const chainFile = fileName(inline.certificateChain)
  const keyFile = fileName(inline.privateKey)
  if (chainFile !== null && keyFile !== null) return { name: fileCertificateName(chainFile, keyFile) }
  return {
    certificateChainPem: inlineText(inline.certificateChain, inner.at('certificate_chain')),
    privateKeyPem: inlineText(inline.privateKey, inner.at('private_key')),
  }
}

/** Versions below 1.2 are never spoken, whatever the configuration allows. Lists of ciphers and curves are OpenSSL's own. */
function minVersionOf(params: TlsParameters | undefined, report: Report): 'TLSv1.2' | 'TLSv1.3' {
  const maximum = params?.tlsMaximumProtocolVersion ?? TlsParameters_TlsProtocol.TLS_AUTO
  if (maximum === TlsParameters_TlsProtocol.TLSv1_0 || maximum === TlsParameters_TlsProtocol.TLSv1_1) {
    report.at('tls_maximum_protocol_version').refuse('unsupported-version', 'must be at least TLSv1_2')
  }
  return params?.tlsMinimumProtocolVersion === TlsParameters_TlsProtocol.TLSv1_3 ? 'TLSv1.3' : 'TLSv1.2'
}
