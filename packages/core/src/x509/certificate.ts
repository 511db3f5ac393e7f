import { type KeyObject, X509Certificate } from 'node:crypto'

import { parseSpiffeId, type SpiffeId } from '../ids/spiffe-id.ts'
import { messageOf } from '../result/mesh-error.ts'
import { err, ok, type Result } from '../result/result.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as Asn1Certificate,
} from './asn1.ts'
import { type ExtendedKeyUsage, extendedKeyUsageOf, type KeyUsage, keyUsagesOf } from './key-usage.ts'
import { parsePublicKeyDer } from './keys.ts'
import { decodePem, encodePem } from './pem.ts'
import { type SubjectAltName, subjectAltNamesIn } from './subject-alt-name.ts'

/** A parsed X.509 certificate. Made only by the parsers below and by `issueCertificate`. */
export interface Certificate {
  readonly pem: string
  readonly der: Buffer
  /** Lower-case hexadecimal. */
  readonly serialNumber: string
  /** RFC 4514 text; empty for workloads. */
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly notBeforeMs: number
  /** Milliseconds since the epoch; the last moment at which the certificate is valid. */
  readonly notAfterMs: number
  readonly subjectAltNames: readonly SubjectAltName[]
  /** Whether basicConstraints says CA:TRUE. */
  readonly isCa: boolean
  readonly keyUsages: readonly KeyUsage[]
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[]
  readonly publicKey: KeyObject
  /** Hexadecimal; absent when the extension is. */
  readonly subjectKeyId: string | undefined
  readonly authorityKeyId: string | undefined
  /** OpenSSL's view of the same bytes, for checks of signatures. */
  readonly native: X509Certificate
}

const MAX_CHAIN_LENGTH = 16

export function parseCertificateDer(der: Uint8Array): Result<Certificate, string> {
  try {
    return readCertificate(Buffer.from(der))
  } catch (error) {
    return err(`not a certificate: ${messageOf(error)}`)
  }
}

/** The first certificate of `pem`. */
export function parseCertificatePem(pem: string): Result<Certificate, string> {
  const chain = parseCertificateChain(pem)
  if (chain.kind === 'err') return chain
  const [first] = chain.value
  return first === undefined ? err('there is no certificate') : ok(first)
}

/** One to 16 certificates, in the order of the text. */
export function parseCertificateChain(pem: string): Result<readonly Certificate[], string> {
  const blocks = decodePem(pem, ['CERTIFICATE'])
  if (blocks.kind === 'err') return blocks
  if (blocks.value.length > MAX_CHAIN_LENGTH) return err(`there are more than ${MAX_CHAIN_LENGTH} certificates`)
  const certificates: Certificate[] = []
  for (const der of blocks.value) {
    const certificate = parseCertificateDer(der)
    if (certificate.kind === 'err') return certificate
    certificates.push(certificate.value)
  }
  return ok(certificates)
}

/** Concatenated PEM, leaf first. */
export function chainPem(chain: readonly Certificate[]): string {
  return chain.map(certificate => certificate.pem).join('')
}

/** The identity in an X.509-SVID: the certificate must have exactly one URI name (X509-SVID section 2). */
export function spiffeIdOf(certificate: Certificate): Result<SpiffeId, string> {
  const uris = certificate.subjectAltNames.filter(name => name.kind === 'uri')
  const [uri, second] = uris
  if (uri === undefined || second !== undefined) return err(`the certificate has ${uris.length} URI names instead of one`)
  return parseSpiffeId(uri.value)
}

function readCertificate(der: Buffer): Result<Certificate, string> {
  const parsed = new Asn1Certificate(der)
  const publicKey = parsePublicKeyDer(new Uint8Array(parsed.publicKey.rawData))
  if (publicKey.kind === 'err') return publicKey
  const names = subjectAltNamesIn(parsed.extensions)
  if (names.kind === 'err') return names
  return ok({
    pem: encodePem('CERTIFICATE', der),
    der,
    serialNumber: parsed.serialNumber,
    subject: parsed.subject,
    issuer: parsed.issuer,
    notBeforeMs: parsed.notBefore.getTime(),
    notAfterMs: parsed.notAfter.getTime(),
    subjectAltNames: names.value,
    isCa: parsed.getExtension(BasicConstraintsExtension)?.ca ?? false,
    keyUsages: keyUsagesOf(parsed.getExtension(KeyUsagesExtension)?.usages ?? 0),
    extendedKeyUsages: (parsed.getExtension(ExtendedKeyUsageExtension)?.usages ?? []).map(usage => extendedKeyUsageOf(String(usage))),
    publicKey: publicKey.value,
    subjectKeyId: parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    authorityKeyId: parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
    native: new X509Certificate(der),
  })
}
