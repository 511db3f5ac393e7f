import type { ServerTlsSettings } from '@meshwork/config/kinds'
import type { DeepPartial, TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { CommonTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import type { CertificateValidationContext, TlsParameters } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import { TlsParameters_TlsProtocol } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import { isCipherSuite } from '../envoy/cipher-suites.ts'
import { deliveredSecret } from '../envoy/sds.ts'
import { downstreamTlsSocket, meshTlsContext, subjectAltNames } from '../envoy/tls-context.ts'
import type { ServerCredential } from './inputs.ts'

const OFFERED_PROTOCOLS: readonly string[] = ['h2', 'http/1.1']

/** undefined: TLS passes through unopened, or there is nothing to open it with. */
export function serverTlsSocket(tls: ServerTlsSettings, credential: ServerCredential): TransportSocket | undefined {
  switch (tls.mode) {
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      return undefined
    case 'ISTIO_MUTUAL':
      return downstreamTlsSocket({ commonTlsContext: meshTlsContext(OFFERED_PROTOCOLS, []), requireClientCertificate: true })
    case 'SIMPLE':
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL':
      if (credential.kind === 'missing') return undefined
      return downstreamTlsSocket({
        commonTlsContext: CommonTlsContext.fromPartial({
          ...tlsParams(tls),
          ...certificates(tls, credential),
          ...(tls.mode === 'SIMPLE' ? {} : validation(tls, credential)),
          alpnProtocols: [...OFFERED_PROTOCOLS],
        }),
        requireClientCertificate: tls.mode === 'MUTUAL',
      })
  }
}

const VERSIONS = {
  TLS_AUTO: TlsParameters_TlsProtocol.TLS_AUTO,
  TLSV1_0: TlsParameters_TlsProtocol.TLSv1_0,
  TLSV1_1: TlsParameters_TlsProtocol.TLSv1_1,
  TLSV1_2: TlsParameters_TlsProtocol.TLSv1_2,
  TLSV1_3: TlsParameters_TlsProtocol.TLSv1_3,
} as const

function tlsParams({ minProtocolVersion, maxProtocolVersion, cipherSuites }: ServerTlsSettings): {
  tlsParams?: DeepPartial<TlsParameters>
} {
  const suites = cipherSuites.filter(isCipherSuite)
  if (minProtocolVersion === undefined && maxProtocolVersion === undefined && suites.length === 0) return {}
  return {
    tlsParams: {
      tlsMinimumProtocolVersion: VERSIONS[minProtocolVersion ?? 'TLS_AUTO'],
      tlsMaximumProtocolVersion: VERSIONS[maxProtocolVersion ?? 'TLS_AUTO'],
      cipherSuites: [...new Set(suites)],
    },
  }
}

function certificates(tls: ServerTlsSettings, credential: ServerCredential): DeepPartial<CommonTlsContext> {
  if (credential.kind === 'secrets') return { tlsCertificateSdsSecretConfigs: credential.certificates.map(deliveredSecret) }
  const own = { serverCertificate: tls.serverCertificate, privateKey: tls.privateKey }
  const pairs = tls.tlsCertificates.length > 0 ? tls.tlsCertificates : [own]
  return {
    tlsCertificates: pairs.flatMap(({ serverCertificate = '', privateKey = '' }) =>
      serverCertificate === '' || privateKey === '' ? [] : [{ certificateChain: file(serverCertificate), privateKey: file(privateKey) }],
    ),
  }
}

function validation(tls: ServerTlsSettings, credential: ServerCredential): Pick<DeepPartial<CommonTlsContext>, 'validationContextType'> {
  const demands: DeepPartial<CertificateValidationContext> = {
    matchTypedSubjectAltNames: subjectAltNames(tls.subjectAltNames),
    verifyCertificateSpki: [...tls.verifyCertificateSpki],
    verifyCertificateHash: [...tls.verifyCertificateHash],
  }
  if (credential.kind === 'secrets' && credential.roots !== null) {
    const { name, crlPem } = credential.roots
    const defaultValidationContext = { ...demands, ...(crlPem === '' ? {} : { crl: inline(crlPem) }) }
    const value = { defaultValidationContext, validationContextSdsSecretConfig: deliveredSecret(name) }
    return { validationContextType: { $case: 'combinedValidationContext', value } }
  }
  const { caCertificates = '', caCrl = '' } = tls
  if (caCertificates === '') return {}
  const value = { ...demands, trustedCa: file(caCertificates), ...(caCrl === '' ? {} : { crl: file(caCrl) }) }
  return { validationContextType: { $case: 'validationContext', value } }
}

function file(name: string): { specifier: { $case: 'filename'; value: string } } {
  return { specifier: { $case: 'filename', value: name } }
}

function inline(value: string): { specifier: { $case: 'inlineString'; value: string } } {
  return { specifier: { $case: 'inlineString', value } }
}
