import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  chainPem,
  generateKeyPair,
  issueCertificate,
  parseCertificatePem,
  parsePrivateKeyPem,
  privateKeyPem,
  subjectAltName,
} from '@meshwork/core/x509'
import type { Issuer } from '@meshwork/core/x509'
import type { TestCertificate } from '@meshwork/testkit/ca'

import type { LocalMesh } from '../backend/local/local-backend.ts'

const MINUTE_MS = 60_000

/** Certificates that the authority of a local mesh could have issued: what someone has who stole a workload's. */
export class MeshAuthority {
  readonly rootPem: string
  private readonly issuer: Issuer

  constructor(mesh: LocalMesh) {
    const folder = join(mesh.paths.ca, 'istio-ca-secret')
    this.rootPem = readFileSync(join(folder, 'ca-cert.pem'), 'utf8')
    const certificate = parseCertificatePem(this.rootPem)
    const keys = parsePrivateKeyPem(readFileSync(join(folder, 'ca-key.pem')))
    if (certificate.kind === 'err' || keys.kind === 'err') throw new Error(`${folder} does not hold an authority`)
    this.issuer = { certificate: certificate.value, keys: keys.value }
  }

  /** A leaf for a service account of the namespace `default`. */
  async issue(serviceAccount: string): Promise<TestCertificate> {
    const keys = await generateKeyPair()
    const leaf = await issueCertificate(
      {
        publicKey: keys.publicKey,
        subjectAltNames: [subjectAltName(`spiffe://cluster.local/ns/default/sa/${serviceAccount}`)],
        isCa: false,
        keyUsages: ['digitalSignature', 'keyEncipherment'],
        extendedKeyUsages: ['serverAuth', 'clientAuth'],
        notBeforeMs: Date.now() - MINUTE_MS,
        notAfterMs: Date.now() + 10 * MINUTE_MS,
      },
      this.issuer,
    )
    return { certificateChainPem: chainPem([leaf]), privateKeyPem: privateKeyPem(keys) }
  }
}
