import { X509Certificate } from 'node:crypto'
import { meetsWildcard } from './match-san.ts'
import type { PeerCertificate } from './peer-certificate.ts'
import { readCertificate } from './read-peer-certificate.ts'
import type { CertificateMaterial } from './secrets.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

/** A server's certificate with what decides whether a client is shown it. */
export interface ServerCertificate {
  readonly material: CertificateMaterial
  /** DNS names, or the common name where there are none (RFC 6125 6.4.4). Lower case. */
  readonly names: readonly string[]
  readonly isEcdsa: boolean
  readonly leaf: PeerCertificate
}

export function readServerCertificate(material: CertificateMaterial): ServerCertificate {
  const certificate = new X509Certificate(material.certificateChainPem)
  const { dns } = parseSubjectAltNames(certificate.subjectAltName ?? '')
  const commonName = /^CN=(.+)$/m.exec(certificate.subject ?? '')?.[1]
  const names = dns.length > 0 || commonName === undefined ? dns : [commonName]
  return {
    material,
    names: names.map(name => name.toLowerCase()),
    isEcdsa: certificate.publicKey.asymmetricKeyType === 'ec',
    leaf: readCertificate(certificate),
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
