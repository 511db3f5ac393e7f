import type { SpiffeId } from '../ids/spiffe-id.ts'
import { err, ok, type Result } from '../result/result.ts'
import { type Certificate, chainPem, parseCertificateChain, spiffeIdOf } from './certificate.ts'
import { type KeyPair, privateKeyPem, samePublicKey } from './keys.ts'
import { verifyChain } from './verify-chain.ts'

/** A workload's key, chain and roots, which only ever change together. Made only by `createCertBundle`. */
export interface CertBundle {
  readonly identity: SpiffeId
  readonly leaf: Certificate
  /** Leaf first, then intermediates; a root at the end is left out, because peers have their own. */
  readonly chain: readonly Certificate[]
  readonly roots: readonly Certificate[]
  readonly keys: KeyPair
}

export interface CertBundleParts {
  readonly keys: KeyPair
  /** Leaf first. */
  readonly chainPem: string
  readonly rootsPem: string
}

/** Checks that the key is the leaf's, that the chain leads to the roots at `atMs`, and that the leaf is an X.509-SVID. */
export function createCertBundle(parts: CertBundleParts, atMs: number): Result<CertBundle, string> {
  const chain = parseCertificateChain(parts.chainPem)
  if (chain.kind === 'err') return err(`certificate chain: ${chain.error}`)
  const roots = parseCertificateChain(parts.rootsPem)
  if (roots.kind === 'err') return err(`roots: ${roots.error}`)
  const [leaf] = chain.value
  if (leaf === undefined) return err('certificate chain: there is no certificate')
  if (leaf.isCa) return err('the leaf is a CA certificate')
  if (!samePublicKey(leaf.publicKey, parts.keys.publicKey)) return err('the certificate is for another key')
  const identity = spiffeIdOf(leaf)
  if (identity.kind === 'err') return identity
  const verified = verifyChain(chain.value, roots.value, atMs)
  if (verified.kind === 'err') return verified
  const shown = chain.value.filter(certificate => !roots.value.some(root => root.der.equals(certificate.der)))
  return ok({ identity: identity.value, leaf, chain: shown, roots: roots.value, keys: parts.keys })
}

export function bundleChainPem(bundle: CertBundle): string {
  return chainPem(bundle.chain)
}

export function bundleRootsPem(bundle: CertBundle): string {
  return chainPem(bundle.roots)
}

/** For the process's own TLS contexts and the local SDS socket; never for a file or a log. */
export function bundlePrivateKeyPem(bundle: CertBundle): string {
  return privateKeyPem(bundle.keys)
}
