import { createHash, X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { PeerValidation } from '../model/tls.ts'
import { tlsFailure } from './failure-text.ts'
import { compileSanMatchers, type SanPredicate } from './match-san.ts'
import { knownPeers } from './known-peers.ts'
import type { SubjectAltNames } from './subject-alt-names.ts'

/** Why a peer was not let in, as Envoy counts it (`ssl.fail_verify_*`). */
export type PeerProblemKind = 'no-certificate' | 'untrusted' | 'name' | 'hash'

export interface PeerProblem {
  readonly kind: PeerProblemKind
  readonly text: string
}

/** Demands on a peer's certificate, compiled for one set of roots. */
export class PeerVerifier {
  private readonly validation: PeerValidation
  private readonly namesMatch: SanPredicate
  private readonly roots: readonly X509Certificate[]

  /** `rootsPem`: what `validation.roots` stands for now; needed where OpenSSL's own verdict does not say enough. */
  constructor(validation: PeerValidation, rootsPem: string) {
    this.validation = validation
    this.namesMatch = compileSanMatchers(validation.subjectAltNames)
    this.roots = validation.allowExpired || validation.maxDepth !== null ? parseCertificates(rootsPem) : []
  }

  /** null: every demand is met. `socket` has just finished its handshake, in which OpenSSL checked the chain. */
  problem(socket: TLSSocket, peer: X509Certificate | undefined): PeerProblem | null {
    if (peer === undefined) return noCertificate()
    return this.chainProblem(socket, peer) ?? this.hashProblem(peer) ?? this.nameProblem(peer)
  }

  private chainProblem(socket: TLSSocket, peer: X509Certificate): PeerProblem | null {
    const { roots, allowExpired, maxDepth } = this.validation
    if (roots === null) return null
    const code = String(socket.authorizationError ?? '')
    const accepted = code === '' || code === 'null' || (allowExpired && code === 'CERT_HAS_EXPIRED' && this.depthOf(peer) >= 0)
    if (!accepted) return untrusted(OPENSSL_TEXTS[code] ?? code.toLowerCase().replaceAll('_', ' '))
    return maxDepth !== null && this.depthOf(peer) > maxDepth ? untrusted('certificate chain too long') : null
  }

  /** Intermediates between a certificate and one of our roots, without regard to time; -1: it leads to none. */
  private depthOf(peer: X509Certificate): number {
    let current = peer
    for (let depth = 0; depth < MAX_CHAIN; depth++) {
      if (this.roots.some(root => signed(current, root))) return depth
      const issuer = current.issuerCertificate
      if (issuer === undefined || !issuer.ca || !signed(current, issuer)) return -1
      current = issuer
    }
    return -1
  }

  /** Either list is enough where both are given (CertificateValidationContext.verify_certificate_hash). */
  private hashProblem(peer: X509Certificate): PeerProblem | null {
    const { certificateHashes, publicKeyHashes } = this.validation
    if (certificateHashes.length === 0 && publicKeyHashes.length === 0) return null
    if (certificateHashes.includes(peer.fingerprint256.replaceAll(':', '').toLowerCase())) return null
    const spki = peer.publicKey.export({ type: 'spki', format: 'der' })
    if (publicKeyHashes.includes(createHash('sha256').update(spki).digest('base64'))) return null
    return { kind: 'hash', text: tlsFailure('CERTIFICATE_VERIFY_FAILED', 'verify cert failed: cert hash and spki') }
  }

  private nameProblem(peer: X509Certificate): PeerProblem | null {
    const { names } = knownPeers.of(peer)
    return this.namesMatch(names) ? null : wrongName(names)
  }
}

/** Longest chain of intermediates that is followed. */
const MAX_CHAIN = 10

/** OpenSSL's sentences for what goes wrong most. */
const OPENSSL_TEXTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_REVOKED: 'certificate revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self signed certificate in certificate chain',
  UNABLE_TO_GET_CRL: 'unable to get certificate CRL',
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to get local issuer certificate',
}

export function noCertificate(): PeerProblem {
  return {
    kind: 'no-certificate',
    text: tlsFailure('PEER_DID_NOT_RETURN_A_CERTIFICATE', 'peer did not provide required client certificate'),
  }
}

function untrusted(reason: string): PeerProblem {
  const detail = `verify cert failed: X509_verify_cert: certificate verification error at depth 0: ${reason}`
  return { kind: 'untrusted', text: tlsFailure('CERTIFICATE_VERIFY_FAILED', detail) }
}

function wrongName(names: SubjectAltNames): PeerProblem {
  return nameProblem(`SAN matcher, certificate SANs are [${listOf(names)}]`)
}

/** The certificate lacks the one name that a connection asks for. */
export function missingName(wanted: string, names: SubjectAltNames): PeerProblem {
  return nameProblem(`verify SAN list, expected SANs: [${wanted}], certificate SANs: [${listOf(names)}]`)
}

function nameProblem(words: string): PeerProblem {
  return { kind: 'name', text: tlsFailure('CERTIFICATE_VERIFY_FAILED', `verify cert failed: ${words}`) }
}

function listOf(names: SubjectAltNames): string {
  return [...names.dns, ...names.uri, ...names.ip, ...names.email].join(', ')
}

function signed(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

/** The certificates of a concatenated PEM; what cannot be read is left out, for OpenSSL has its own opinion of it. */
function parseCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap(block => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}
