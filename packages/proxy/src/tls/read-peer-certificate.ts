import type { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from './peer-certificate.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

export function readCertificate(certificate: X509Certificate): PeerCertificate {
  const names = parseSubjectAltNames(certificate.subjectAltName ?? '')
  return {
    uriSans: names.uri,
    dnsSans: names.dns,
    subject: rfc2253(certificate.subject ?? ''),
    issuer: rfc2253(certificate.issuer ?? ''),
    serialNumber: certificate.serialNumber.toLowerCase(),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
    raw: certificate.raw,
  }
}

/** Node prints one `KEY=value` a line, in the certificate's order; RFC 2253 wants them reversed and joined by commas. */
function rfc2253(lines: string): string {
  return lines
    .split('\n')
    .filter(line => line !== '')
    .toReversed()
    .map(line => {
      const equals = line.indexOf('=')
      return `${line.slice(0, equals)}=${line.slice(equals + 1).replaceAll(/([,+"\\<>;])/g, '\\$1')}`
    })
    .join(',')
}
