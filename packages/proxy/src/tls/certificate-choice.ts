import { X509Certificate } from 'node:crypto'
import { MeshError } from '@meshwork/core/result'
import type { StaplePolicy } from '../model/tls.ts'
import { meetsWildcard } from './match-san.ts'
import type { PeerCertificate } from './peer-certificate.ts'
import { readCertificate } from './read-peer-certificate.ts'
import type { CertificateMaterial } from './secrets.ts'
import { readStapling, type Stapling } from './staple-policy.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

/** A server's certificate with what decides whether a client is shown it. */
export interface ServerCertificate {
  readonly material: CertificateMaterial
  /** DNS names, or the common name where there are none (RFC 6125 6.4.4). Lower case. */
  readonly names: readonly string[]
  readonly isEcdsa: boolean
  readonly leaf: PeerCertificate
  readonly stapling: Stapling
}

/** Throws where the certificate cannot be read or cannot be used with its OCSP staple. */
export function readServerCertificate(material: CertificateMaterial, policy: StaplePolicy = 'lenient'): ServerCertificate {
  const certificate = new X509Certificate(material.certificateChainPem)
  const { dns } = parseSubjectAltNames(certificate.subjectAltName ?? '')
  const commonName = /^CN=(.+)$/m.exec(certificate.subject ?? '')?.[1]
  const names = dns.length > 0 || commonName === undefined ? dns : [commonName]
  const stapling = readStapling(certificate, material.ocspStaple, policy)
  if (stapling.kind === 'err') throw new MeshError('BAD_CERTIFICATE', `ocsp_staple ${stapling.error}`, { source: 'config' })
  return {
    material,
    names: names.map(name => name.toLowerCase()),
    isEcdsa: certificate.publicKey.asymmetricKeyType === 'ec',
    leaf: readCertificate(certificate),
    stapling: stapling.value,
  }
}

/**
 * The certificates for a server name, at most one for each kind of key: the client's abilities decide between those. An exact
 * name goes before a wildcard. Without a name all are candidates; for a name that none has, only the first, unless `fullScan`.
 */
export function certificatesFor(all: readonly ServerCertificate[], serverName: string, fullScan: boolean): readonly ServerCertificate[] {
  const name = serverName.toLowerCase()
  if (name === '') return oneOfEachKind(all)
  const exact = all.filter(({ names }) => names.includes(name))
  if (exact.length > 0) return oneOfEachKind(exact)
  const wildcard = all.filter(({ names }) => names.some(pattern => meetsWildcard(pattern, name)))
  if (wildcard.length > 0) return oneOfEachKind(wildcard)
  return fullScan ? oneOfEachKind(all) : all.slice(0, 1)
}

function oneOfEachKind(certificates: readonly ServerCertificate[]): readonly ServerCertificate[] {
  const first = certificates[0]
  const other = certificates.find(({ isEcdsa }) => isEcdsa !== first?.isEcdsa)
  return first === undefined ? [] : other === undefined ? [first] : [first, other]
}
