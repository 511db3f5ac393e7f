import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { ServerTlsSettings, TlsProtocolVersion } from './type.ts'

const VERSIONS: readonly TlsProtocolVersion[] = ['TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']
const FILES = ['serverCertificate', 'privateKey', 'caCertificates'] as const

export function validateServerTls(path: string, tls: ServerTlsSettings): readonly Violation[] {
  return [...validateFiles(path, tls), ...validateVersions(path, tls), ...validateRedirect(path, tls)]
}

function validateRedirect(path: string, tls: ServerTlsSettings): readonly Violation[] {
  return tls.httpsRedirect ? [violation(`${path}.httpsRedirect`, 'redirect-on-tls', 'has no place on a port that is TLS already')] : []
}

function validateFiles(path: string, tls: ServerTlsSettings): readonly Violation[] {
  const files = FILES.filter(name => (tls[name] ?? '') !== '')
  const bySecret = (tls.credentialName ?? '') !== '' || tls.credentialNames.length > 0
  switch (tls.mode) {
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      return []
    case 'ISTIO_MUTUAL': {
      const named = bySecret ? ['credentialName', ...files] : files
      return named.map(name => violation(joinPath(path, name), 'mesh-identity', 'ISTIO_MUTUAL uses the certificates of the mesh'))
    }
    default:
      if (bySecret) return []
      return tls.tlsCertificates.length > 0 ? incompletePairs(path, tls) : missingFiles(path, tls)
  }
}

/** Each entry is a certificate with its key. */
function incompletePairs(path: string, { tlsCertificates }: ServerTlsSettings): readonly Violation[] {
  return tlsCertificates.flatMap((pair, i) =>
    (['serverCertificate', 'privateKey'] as const)
      .filter(name => (pair[name] ?? '') === '')
      .map(name => violation(`${joinPath(`${path}.tlsCertificates`, i)}.${name}`, 'missing-field', 'is required')),
  )
}

function missingFiles(path: string, tls: ServerTlsSettings): readonly Violation[] {
  const needed = tls.mode === 'SIMPLE' ? (['serverCertificate', 'privateKey'] as const) : FILES
  return needed
    .filter(name => (tls[name] ?? '') === '')
    .map(name => violation(joinPath(path, name), 'missing-field', `is required for ${tls.mode} without credentialName`))
}

function validateVersions(path: string, { minProtocolVersion: min, maxProtocolVersion: max }: ServerTlsSettings): readonly Violation[] {
  if (min === undefined || max === undefined || min === 'TLS_AUTO' || max === 'TLS_AUTO') return []
  if (VERSIONS.indexOf(min) <= VERSIONS.indexOf(max)) return []
  return [violation(path, 'bad-versions', `minProtocolVersion ${min} is above maxProtocolVersion ${max}`)]
}
