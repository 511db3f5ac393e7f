import type { KeyObject } from 'node:crypto'

import type { SpiffeId } from '@meshwork/core/ids'
import { err, ok, type Result } from '@meshwork/core/result'
import type { Certificate, CertificateContent, KeyUsage } from '@meshwork/core/x509'

/** How far certificates reach into the past, for workloads whose clock is behind (security.md 2.2). */
export const BACKDATE_MS = 120_000

export interface WorkloadTemplateInput {
  readonly identity: SpiffeId
  /** DNS names that the account has beside its identity: none, unless it is one of the control plane. */
  readonly hosts: readonly string[]
  readonly publicKey: KeyObject
  readonly lifetimeMs: number
  readonly signer: Certificate
  readonly nowMs: number
}

/** What a workload's certificate says: an X.509-SVID with the caller's identity and nothing that its request could choose but the key. */
export function workloadTemplate(input: WorkloadTemplateInput): Result<CertificateContent, string> {
  const { identity, hosts, publicKey, lifetimeMs, signer, nowMs } = input
  if (signer.notAfterMs <= nowMs) return err(`the signing certificate expired at ${new Date(signer.notAfterMs).toISOString()}`)
  return ok({
    publicKey,
    subjectAltNames: [{ kind: 'uri', value: identity.uri }, ...hosts.map(value => ({ kind: 'dns', value }) as const)],
    isCa: false,
    keyUsages: leafKeyUsages(publicKey),
    extendedKeyUsages: ['serverAuth', 'clientAuth'],
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: Math.min(nowMs + lifetimeMs, signer.notAfterMs),
  })
}

/** Keys of elliptic curves cannot encipher others (RFC 5480 section 3). */
export function leafKeyUsages(publicKey: KeyObject): readonly KeyUsage[] {
  return publicKey.asymmetricKeyType === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']
}
