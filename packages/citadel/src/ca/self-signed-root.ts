import type { SecretData, SecretStore } from '@meshwork/core/ports'
import { MeshError, type Result, err, ok } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import {
  generateKeyPair,
  type KeyAlgorithm,
  parseCertificatePem,
  parsePrivateKeyPem,
  privateKeyPem,
  samePublicKey,
  selfSignCertificate,
} from '@meshwork/core/x509'

import { BACKDATE_MS } from '../policy/workload-template.ts'
import type { SigningAuthority } from './slots.ts'

/** Names of Istio's secret and of its entries (security.md 1.2). */
export const ROOT_SECRET_NAME = 'istio-ca-secret'
const CERTIFICATE_ENTRY = 'ca-cert.pem'
const KEY_ENTRY = 'ca-key.pem'

export interface SelfSignedRootOptions {
  /** `O=` of the root's subject. */
  readonly organization: string
  readonly keyAlgorithm: KeyAlgorithm
  readonly lifetimeMs: number
}

/**
 * The root that `store` keeps, or a new one if the store is sure to have none. A store that cannot tell makes this reject:
 * a second root would cut the mesh in two. Of several processes that start together, all end up with the same root.
 */
export async function loadOrCreateRoot(store: SecretStore, options: SelfSignedRootOptions, clock: Clock): Promise<SigningAuthority> {
  const kept = await store.read(ROOT_SECRET_NAME)
  if (kept !== undefined) return readKept(kept, clock)
  const created = await createRoot(options, clock)
  if ((await store.create(ROOT_SECRET_NAME, toSecret(created))) === 'created') return created
  const winner = await store.read(ROOT_SECRET_NAME)
  if (winner === undefined) throw new MeshError('ROOT_VANISHED', 'the root that another process just stored is gone')
  return readKept(winner, clock)
}

async function createRoot(options: SelfSignedRootOptions, clock: Clock): Promise<SigningAuthority> {
  const keys = await generateKeyPair(options.keyAlgorithm)
  const nowMs = clock.now()
  const certificate = await selfSignCertificate(
    {
      organization: options.organization,
      subjectAltNames: [],
      isCa: true,
      keyUsages: ['keyCertSign', 'cRLSign'],
      extendedKeyUsages: [],
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs: nowMs + options.lifetimeMs,
    },
    keys,
  )
  return { certificate, keys, intermediates: [], root: certificate }
}

function toSecret(authority: SigningAuthority): SecretData {
  return new Map([
    [CERTIFICATE_ENTRY, Buffer.from(authority.certificate.pem)],
    [KEY_ENTRY, Buffer.from(privateKeyPem(authority.keys))],
  ])
}

function readKept(data: SecretData, clock: Clock): SigningAuthority {
  const authority = parseRoot(data, clock.now())
  if (authority.kind === 'ok') return authority.value
  throw new MeshError('ROOT_UNUSABLE', `the stored root cannot be used: ${authority.error}`, {
    source: 'config',
    nextStep: `restore '${ROOT_SECRET_NAME}' from a backup; if you remove it, a new root is made and every workload must be restarted`,
  })
}

function parseRoot(data: SecretData, nowMs: number): Result<SigningAuthority, string> {
  const certificate = parseCertificatePem(data.get(CERTIFICATE_ENTRY)?.toString('utf8') ?? '')
  if (certificate.kind === 'err') return err(`${CERTIFICATE_ENTRY}: ${certificate.error}`)
  const keys = parsePrivateKeyPem(data.get(KEY_ENTRY) ?? '')
  if (keys.kind === 'err') return err(`${KEY_ENTRY}: ${keys.error}`)
  const root = certificate.value
  if (!root.isCa) return err(`${CERTIFICATE_ENTRY} is no CA certificate`)
  if (!samePublicKey(root.publicKey, keys.value.publicKey)) return err(`${KEY_ENTRY} is not the key of ${CERTIFICATE_ENTRY}`)
  if (root.notAfterMs <= nowMs) return err(`it expired at ${new Date(root.notAfterMs).toISOString()}`)
  return ok({ certificate: root, keys: keys.value, intermediates: [], root })
}
