import type { SecureContextOptions } from 'node:tls'
import type { PeerValidation, TlsParams } from '../model/tls.ts'
import type { CertificateMaterial, SecretProvider } from './secrets.ts'
import type { CertificateSource } from '../model/tls.ts'

/** Suites of TLS 1.3 are not configurable in Envoy's API either. */
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/** Envoy's default suites: forward secrecy and authenticated encryption only. */
const DEFAULT_SUITES = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
]

/** Post-quantum groups cost about 350 µs a handshake and are used when configured. */
const DEFAULT_CURVES = ['X25519', 'P-256']

/** Versions, suites, groups and signatures as Node takes them. */
export function paramOptions({ minVersion, maxVersion, ciphers, curves, signatureAlgorithms }: TlsParams): SecureContextOptions {
  return {
    minVersion,
    maxVersion,
    ciphers: [...TLS13_SUITES, ...(ciphers.length === 0 ? DEFAULT_SUITES : ciphers)].join(':'),
    ecdhCurve: (curves.length === 0 ? DEFAULT_CURVES : curves).join(':'),
    ...(signatureAlgorithms.length === 0 ? {} : { sigalgs: signatureAlgorithms.join(':') }),
  }
}

/** Roots and revocation lists as Node takes them. */
export function trustOptions(validation: PeerValidation | null, rootsPem: string): SecureContextOptions {
  const crlPem = validation?.crlPem ?? ''
  return { ...(rootsPem === '' ? {} : { ca: rootsPem }), ...(crlPem === '' ? {} : { crl: crlPem }) }
}

/** All texts that a context is built from. */
export function textsOf(materials: readonly CertificateMaterial[], roots: string): readonly BuiltFrom[] {
  const texts: BuiltFrom[] = [roots]
  for (const { certificateChainPem, privateKeyPem, ocspStaple } of materials) texts.push(certificateChainPem, privateKeyPem, ocspStaple)
  return texts
}

/** Staples are the same ones while they are the same object. */
export type BuiltFrom = string | Uint8Array | undefined

/** Asked at each connection: texts that did not change are the same ones, so none of them is read. */
export function sameTexts(a: readonly BuiltFrom[], b: readonly BuiltFrom[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** null: not there yet. */
export function materialOf(source: CertificateSource, secrets: SecretProvider): CertificateMaterial | null {
  return 'name' in source ? secrets.certificate(source.name) : source
}

/** Empty: nothing to check against. null: not there yet. */
export function rootsOf(validation: PeerValidation | null, secrets: SecretProvider): string | null {
  if (validation === null || validation.roots === null) return ''
  return 'name' in validation.roots ? secrets.roots(validation.roots.name) : validation.roots.pem
}
