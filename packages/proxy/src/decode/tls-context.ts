import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import type { TlsCertificate } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import {
  type CommonTlsContext,
  DownstreamTlsContext,
  DownstreamTlsContext_OcspStaplePolicy,
  UpstreamTlsContext,
} from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { messageOf } from '@meshwork/core/result'
import type { CertificateSource, DownstreamTlsConfig, StaplePolicy, TlsParams, UpstreamTlsConfig } from '../model/tls.ts'
import { fileName, inlineBytes, inlineText } from './data-source.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { fileCertificateName } from './file-secret-name.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'
import { decodeTlsParams } from './tls-params.ts'
import { inlineStaple, refuseBadStaple } from './ocsp-staple.ts'
import { ANY_CERTIFICATE, decodeValidation, secretRef } from './tls-validation.ts'

const TLS_PACKAGE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.'
const RAW_BUFFER = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'

const COMMON_FIELDS: FieldPolicy<CommonTlsContext> = {
  read: ['tlsParams', 'tlsCertificates', 'tlsCertificateSdsSecretConfigs', 'validationContextType', 'alpnProtocols'],
  harmless: ['keyLog'],
}
const DOWNSTREAM_FIELDS: FieldPolicy<DownstreamTlsContext> = {
  read: [
    'commonTlsContext',
    'requireClientCertificate',
    'requireSni',
    'sessionTicketKeysType',
    'sessionTimeout',
    'ocspStaplePolicy',
    'fullScanCertsOnSniMismatch',
  ],
  // Sessions are never kept on the server's side.
  harmless: ['disableStatefulSessionResumption'],
}
const CERTIFICATE_FIELDS: FieldPolicy<TlsCertificate> = {
  read: ['certificateChain', 'privateKey', 'ocspStaple'],
  // Files are watched wherever they are.
  harmless: ['watchedDirectory'],
}
const UPSTREAM_FIELDS: FieldPolicy<UpstreamTlsContext> = {
  read: ['commonTlsContext', 'sni'],
  // Renegotiation is up to the server and done where it asks for it.
  harmless: ['maxSessionKeys', 'enforceRsaKeyUsage', 'allowRenegotiation'],
}

/** null: plain text. */
export function decodeDownstreamSocket(socket: TransportSocket | undefined, report: Report): DownstreamTlsConfig | null {
  const bytes = tlsBytes(socket, 'DownstreamTlsContext', report)
  if (bytes === null) return null
  const context = decodeContext(() => DownstreamTlsContext.decode(bytes), report)
  if (context === null) return null
  refuseOtherFields(context, DOWNSTREAM_FIELDS, report)
  const { certificates, ...common } = commonOf(context.commonTlsContext, 'server', report)
  const requireClientCertificate = context.requireClientCertificate ?? false
  if (certificates.length === 0) report.at('common_tls_context').refuse('required', 'a server needs a certificate')
  const staplePolicy = STAPLE_POLICIES[context.ocspStaplePolicy] ?? 'lenient'
  for (const [i, certificate] of certificates.entries()) {
    if ('certificateChainPem' in certificate)
      refuseBadStaple(certificate, staplePolicy, report.at('common_tls_context', 'tls_certificates', i))
  }
  return {
    ...common,
    // Without anything to check it against, any certificate will do.
    validation: common.validation ?? (requireClientCertificate ? ANY_CERTIFICATE : null),
    certificates,
    requireClientCertificate,
    staplePolicy,
    requireServerName: context.requireSni ?? false,
    fullScanOnMismatch: context.fullScanCertsOnSniMismatch ?? false,
    tickets: ticketsOf(context.sessionTicketKeysType, report),
    sessionTimeoutMs: durationMs(context.sessionTimeout, 0, report.at('session_timeout')),
  }
}

const STAPLE_POLICIES: Readonly<Record<number, StaplePolicy>> = {
  [DownstreamTlsContext_OcspStaplePolicy.LENIENT_STAPLING]: 'lenient',
  [DownstreamTlsContext_OcspStaplePolicy.STRICT_STAPLING]: 'strict',
  [DownstreamTlsContext_OcspStaplePolicy.MUST_STAPLE]: 'must',
}

function ticketsOf(type: DownstreamTlsContext['sessionTicketKeysType'], report: Report): DownstreamTlsConfig['tickets'] {
  switch (type?.$case) {
    case 'disableStatelessSessionResumption':
      return type.value ? { kind: 'none' } : { kind: 'own' }
    case 'sessionTicketKeys':
      return { kind: 'keys', first: inlineBytes(type.value.keys[0], report.at('session_ticket_keys', 'keys', 0)) }
    case 'sessionTicketKeysSdsSecretConfig':
      report.at('session_ticket_keys_sds_secret_config').refuse('unsupported-field', 'is not supported')
      return { kind: 'own' }
    case undefined:
      return { kind: 'own' }
  }
}

/** null: plain text. */
export function decodeUpstreamTls(socket: TransportSocket | undefined, report: Report): UpstreamTlsConfig | null {
  const bytes = tlsBytes(socket, 'UpstreamTlsContext', report)
  if (bytes === null) return null
  const context = decodeContext(() => UpstreamTlsContext.decode(bytes), report)
  if (context === null) return null
  refuseOtherFields(context, UPSTREAM_FIELDS, report)
  const { certificates, ...common } = commonOf(context.commonTlsContext, 'client', report)
  if (certificates.length > 1) {
    report.at('common_tls_context', 'tls_certificates').refuse('unsupported-field', 'a client shows one certificate')
  }
  return { ...common, certificate: certificates[0] ?? null, sni: context.sni }
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
  readonly certificates: readonly CertificateSource[]
  readonly validation: UpstreamTlsConfig['validation']
  readonly alpn: readonly string[]
  readonly params: TlsParams
}

/**
 * Istio's metadata exchange is offered by its Envoy filter of that name. We have none, and whoever agrees to the protocol
 * must speak it, so the name is not offered.
 */
const METADATA_EXCHANGE_ALPN = 'istio-peer-exchange'

function commonOf(context: CommonTlsContext | undefined, side: 'client' | 'server', parent: Report): CommonTls {
  const report = parent.at('common_tls_context')
  if (context === undefined) {
    report.refuse('required', 'must be set')
    return { certificates: [], validation: null, alpn: [], params: decodeTlsParams(undefined, side, report) }
  }
  refuseOtherFields(context, COMMON_FIELDS, report)
  return {
    certificates: certificatesOf(context, report),
    validation: decodeValidation(context.validationContextType, report),
    // A list in one text is accepted too.
    alpn: context.alpnProtocols.flatMap(text => text.split(',')).filter(name => name !== METADATA_EXCHANGE_ALPN),
    params: decodeTlsParams(context.tlsParams, side, report.at('tls_params')),
  }
}

function certificatesOf(context: CommonTlsContext, report: Report): readonly CertificateSource[] {
  const { tlsCertificateSdsSecretConfigs: secrets, tlsCertificates: inline } = context
  if (secrets.length > 0 && inline.length > 0) {
    report.at('tls_certificate_sds_secret_configs').refuse('conflict', 'cannot be set together with tls_certificates')
  }
  return [
    ...secrets.map((config, i) => secretRef(config, report.at('tls_certificate_sds_secret_configs', i))),
    ...inline.map((certificate, i) => certificateOf(certificate, report.at('tls_certificates', i))),
  ]
}

function certificateOf(certificate: TlsCertificate, report: Report): CertificateSource {
  refuseOtherFields(certificate, CERTIFICATE_FIELDS, report)
  const chainFile = fileName(certificate.certificateChain)
  const keyFile = fileName(certificate.privateKey)
  if (chainFile !== null && keyFile !== null) {
    return { name: fileCertificateName(chainFile, keyFile, stapleFileOf(certificate, report.at('ocsp_staple'))) }
  }
  const certificateChainPem = inlineText(certificate.certificateChain, report.at('certificate_chain'))
  const privateKeyPem = inlineText(certificate.privateKey, report.at('private_key'))
  if (certificateChainPem !== '' && privateKeyPem !== '') refuseUnusable(certificateChainPem, privateKeyPem, report)
  return { certificateChainPem, privateKeyPem, ...inlineStaple(certificate.ocspStaple, report.at('ocsp_staple')) }
}

/** Null: none. Bytes that stand beside the names of files could not be renewed with them. */
function stapleFileOf({ ocspStaple }: TlsCertificate, report: Report): string | null {
  const file = fileName(ocspStaple)
  if (ocspStaple !== undefined && file === null) report.refuse('unsupported-source', 'must be a file, as the certificate is')
  return file
}

function refuseUnusable(certificateChainPem: string, privateKeyPem: string, report: Report): void {
  try {
    const certificate = new X509Certificate(certificateChainPem)
    if (certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) return
    report.at('private_key').refuse('wrong-key', 'is not the key of the certificate')
  } catch (error) {
    report.refuse('malformed', `cannot be read: ${messageOf(error)}`)
  }
}
