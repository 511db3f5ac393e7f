import {
  chainPem,
  generateKeyPair,
  issueCertificate,
  type Issuer,
  privateKeyPem,
  selfSignCertificate,
  subjectAltName,
} from '@meshwork/core/x509'

export interface TestCertificate {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

export interface TestIssueOptions {
  /** Default one hour. Negative makes a certificate that has expired. */
  readonly lifetimeMs?: number
}

/** An authority in memory that asks nobody who they are. */
export interface TestCa {
  readonly rootPem: string
  readonly issuer: Issuer
  /** A leaf for `name`: a SPIFFE id, an address or a DNS name; more names may follow. */
  issue(name: string | readonly string[], options?: TestIssueOptions): Promise<TestCertificate>
}

const HOUR_MS = 3_600_000
const BACKDATE_MS = 2 * HOUR_MS

/** Keys are EC P-256. Dates are the machine's own, because the peers of tests (OpenSSL, Envoy, node:tls) go by it; `nowMs` changes that. */
export async function createTestCa(trustDomain = 'cluster.local', nowMs: () => number = Date.now): Promise<TestCa> {
  const issuer = await createTestRoot(trustDomain, nowMs())
  return {
    issuer,
    rootPem: issuer.certificate.pem,
    async issue(name, options = {}) {
      const keys = await generateKeyPair()
      const leaf = await issueCertificate(
        {
          publicKey: keys.publicKey,
          subjectAltNames: (typeof name === 'string' ? [name] : name).map(subjectAltName),
          isCa: false,
          keyUsages: ['digitalSignature', 'keyEncipherment'],
          extendedKeyUsages: ['serverAuth', 'clientAuth'],
          notBeforeMs: nowMs() - BACKDATE_MS,
          notAfterMs: nowMs() + (options.lifetimeMs ?? HOUR_MS),
        },
        issuer,
      )
      return { certificateChainPem: chainPem([leaf]), privateKeyPem: privateKeyPem(keys) }
    },
  }
}

async function createTestRoot(trustDomain: string, nowMs: number): Promise<Issuer> {
  const keys = await generateKeyPair()
  const certificate = await selfSignCertificate(
    {
      organization: trustDomain,
      subjectAltNames: [],
      isCa: true,
      keyUsages: ['keyCertSign', 'cRLSign'],
      extendedKeyUsages: [],
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs: nowMs + 24 * HOUR_MS,
    },
    keys,
  )
  return { certificate, keys }
}
