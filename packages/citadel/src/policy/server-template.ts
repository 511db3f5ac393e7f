import type { KeyObject } from 'node:crypto'

import type { SpiffeId } from '@meshwork/core/ids'
import { type Certificate, type CertificateContent, subjectAltName } from '@meshwork/core/x509'

import { BACKDATE_MS, leafKeyUsages } from './workload-template.ts'

export interface ServerTemplateInput {
  readonly identity: SpiffeId
  /** Addresses and DNS names under which clients reach the authority. */
  readonly hosts: readonly string[]
  readonly publicKey: KeyObject
  readonly lifetimeMs: number
  readonly signer: Certificate
  readonly nowMs: number
}

/** The authority's own server certificate: the only kind of leaf with DNS names. */
export function serverTemplate(input: ServerTemplateInput): CertificateContent {
  return {
    publicKey: input.publicKey,
    subjectAltNames: [input.identity.uri, ...input.hosts].map(subjectAltName),
    isCa: false,
    keyUsages: leafKeyUsages(input.publicKey),
    extendedKeyUsages: ['serverAuth', 'clientAuth'],
    notBeforeMs: input.nowMs - BACKDATE_MS,
    notAfterMs: Math.min(input.nowMs + input.lifetimeMs, input.signer.notAfterMs),
  }
}
