import type { SecretData, SecretStore } from '@meshwork/core/ports'
import { err, MeshError, ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { type Certificate, parseCertificateChain, parsePrivateKeyPem, samePublicKey, verifyChain } from '@meshwork/core/x509'

import type { SigningAuthority } from './slots.ts'

/** Istio's secret for an authority of one's own. */
export const PLUGGED_IN_SECRET_NAME = 'cacerts'

/** Istio's entries, and those that cert-manager writes in their place. */
const ENTRIES = {
  signer: ['ca-cert.pem', 'tls.crt'],
  key: ['ca-key.pem', 'tls.key'],
  roots: ['root-cert.pem', 'ca.crt'],
  chain: ['cert-chain.pem'],
} as const

/** The authority that somebody put into `store`; undefined if nobody did. One that cannot be used makes this reject. */
export async function loadPluggedIn(store: SecretStore, clock: Clock): Promise<SigningAuthority | undefined> {
  const data = await store.read(PLUGGED_IN_SECRET_NAME)
  if (data === undefined) return undefined
  const authority = parsePluggedIn(data, clock.now())
  if (authority.kind === 'ok') return authority.value
  throw new MeshError('ROOT_UNUSABLE', `the authority in the Secret ${PLUGGED_IN_SECRET_NAME} cannot be used: ${authority.error}`, {
    source: 'config',
    nextStep: 'correct its entries ca-cert.pem, ca-key.pem, root-cert.pem and cert-chain.pem',
  })
}

/** Checks that the key is the signer's, that it may sign, and that a chain leads from it to one of the roots. */
export function parsePluggedIn(data: SecretData, nowMs: number): Result<SigningAuthority, string> {
  const signers = certificatesOf(data, ENTRIES.signer)
  if (signers.kind === 'err') return signers
  const roots = certificatesOf(data, ENTRIES.roots)
  if (roots.kind === 'err') return roots
  const links = textOf(data, ENTRIES.chain) === '' ? ok([]) : certificatesOf(data, ENTRIES.chain)
  if (links.kind === 'err') return links
  const keys = parsePrivateKeyPem(textOf(data, ENTRIES.key))
  if (keys.kind === 'err') return err(`${ENTRIES.key[0]}: ${keys.error}`)
  const [signer] = signers.value
  if (signer === undefined) return err(`${ENTRIES.signer[0]}: there is no certificate`)
  if (!signer.isCa) return err(`${ENTRIES.signer[0]} is no CA certificate`)
  if (!samePublicKey(signer.publicKey, keys.value.publicKey)) return err(`${ENTRIES.key[0]} is not the key of ${ENTRIES.signer[0]}`)
  return joined(signer, keys.value, [...signers.value, ...links.value], roots.value, nowMs)
}

function joined(
  signer: Certificate,
  keys: SigningAuthority['keys'],
  links: readonly Certificate[],
  roots: readonly Certificate[],
  nowMs: number,
): Result<SigningAuthority, string> {
  const chain = distinct(links)
  const verified = verifyChain(chain, roots, nowMs)
  if (verified.kind === 'err') return err(`${ENTRIES.chain[0]}: ${verified.error}`)
  const root = roots.find(each => verifyChain(chain, [each], nowMs).kind === 'ok')
  if (root === undefined) return err(`${ENTRIES.roots[0]}: there is no certificate`)
  const intermediates = chain.filter(link => !contains(roots, link))
  return ok({ certificate: signer, keys, intermediates, root, otherRoots: roots.filter(each => each !== root) })
}

function certificatesOf(data: SecretData, names: readonly string[]): Result<readonly Certificate[], string> {
  const parsed = parseCertificateChain(textOf(data, names))
  return parsed.kind === 'ok' ? parsed : err(`${names[0]}: ${parsed.error}`)
}

function textOf(data: SecretData, names: readonly string[]): string {
  return names.map(name => data.get(name)?.toString('utf8')).find(text => text !== undefined) ?? ''
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter((each, index) => !contains(certificates.slice(0, index), each))
}

function contains(certificates: readonly Certificate[], wanted: Certificate): boolean {
  return certificates.some(({ der }) => der.equals(wanted.der))
}
