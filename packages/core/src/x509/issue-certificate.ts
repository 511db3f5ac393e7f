import { type KeyObject, randomBytes } from 'node:crypto'

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as Asn1Certificate,
  X509CertificateGenerator,
} from './asn1.ts'
import { type Certificate, parseCertificateDer } from './certificate.ts'
import { type ExtendedKeyUsage, extendedKeyUsageOids, type KeyUsage, keyUsageFlags } from './key-usage.ts'
import { type KeyPair, signingAlgorithmOf, webCryptoKeys } from './keys.ts'
import { type SubjectAltName, subjectAltNameExtension } from './subject-alt-name.ts'

/** Everything a certificate says apart from who signs it. Nothing of it is ever taken from a request except the key. */
export interface CertificateContent {
  readonly publicKey: KeyObject
  /** `O=` of the subject; absent makes an empty subject, and then the SAN extension is critical. */
  readonly organization?: string
  readonly subjectAltNames: readonly SubjectAltName[]
  readonly isCa: boolean
  readonly keyUsages: readonly KeyUsage[]
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[]
  /** Milliseconds since the epoch; certificates keep whole seconds. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** A certificate that may sign, with its key. */
export interface Issuer {
  readonly certificate: Certificate
  readonly keys: KeyPair
}

export async function issueCertificate(content: CertificateContent, issuer: Issuer): Promise<Certificate> {
  const parent = new Asn1Certificate(issuer.certificate.der)
  return sign(content, issuer.keys, parent)
}

/** A root: signed with its own key, which must be the one in `content`. */
export async function selfSignCertificate(content: Omit<CertificateContent, 'publicKey'>, keys: KeyPair): Promise<Certificate> {
  return sign({ ...content, publicKey: keys.publicKey }, keys, undefined)
}

async function sign(content: CertificateContent, keys: KeyPair, parent: Asn1Certificate | undefined): Promise<Certificate> {
  const spki = content.publicKey.export({ type: 'spki', format: 'der' })
  const subject = content.organization === undefined ? [] : [{ O: [content.organization] }]
  const signed = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject,
    issuer: parent === undefined ? subject : parent.subjectName,
    notBefore: wholeSecond(content.notBeforeMs),
    notAfter: wholeSecond(content.notAfterMs),
    publicKey: spki,
    signingKey: webCryptoKeys(keys).privateKey,
    signingAlgorithm: signingAlgorithmOf(keys.algorithm),
    extensions: await extensionsOf(content, spki, parent),
  })
  const parsed = parseCertificateDer(new Uint8Array(signed.rawData))
  if (parsed.kind === 'err') throw new TypeError(`the certificate just signed does not parse: ${parsed.error}`)
  return parsed.value
}

async function extensionsOf(content: CertificateContent, spki: Buffer, parent: Asn1Certificate | undefined): Promise<Extension[]> {
  const extensions: Extension[] = [
    new BasicConstraintsExtension(content.isCa, undefined, true),
    new KeyUsagesExtension(keyUsageFlags(content.keyUsages), true),
    await SubjectKeyIdentifierExtension.create(spki),
    await AuthorityKeyIdentifierExtension.create(parent === undefined ? spki : parent.publicKey),
  ]
  if (content.extendedKeyUsages.length > 0) {
    extensions.push(new ExtendedKeyUsageExtension(extendedKeyUsageOids(content.extendedKeyUsages)))
  }
  if (content.subjectAltNames.length > 0) {
    extensions.push(subjectAltNameExtension(content.subjectAltNames, content.organization === undefined))
  }
  return extensions
}

/** 16 random octets with the top bit clear and the next one set: positive, and of one length (RFC 5280 section 4.1.2.2). */
function randomSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function wholeSecond(epochMs: number): Date {
  return new Date(Math.floor(epochMs / 1000) * 1000)
}
