import type { ServerTlsSettings } from '@meshwork/config/kinds'

/** Characters of a SHA-256 in base64 (`CertificateValidationContext.verify_certificate_spki`). */
const SPKI = /^[A-Za-z0-9+/]{43}=$/
/** Hexadecimal, with or without colons between the bytes (`verify_certificate_hash`). */
const HASH = /^[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){31}$/

/**
 * Why a server's TLS settings cannot be met, or null. Proxies would refuse the port with all its servers, and to drop a demand would
 * let in whom it was to keep out; so such a server is closed.
 */
export function unusableDemand(tls: ServerTlsSettings): string | null {
  const { maxProtocolVersion: highest } = tls
  if (highest === 'TLSV1_0' || highest === 'TLSV1_1')
    return `nothing older than TLS 1.2 is spoken (RFC 8996), and the highest is ${highest}`
  const spki = tls.verifyCertificateSpki.find(pin => !SPKI.test(pin))
  if (spki !== undefined) return `'${spki}' is not a SHA-256 in base64`
  const hash = tls.verifyCertificateHash.find(pin => !HASH.test(pin))
  return hash === undefined ? null : `'${hash}' is not a SHA-256 in hexadecimal`
}
