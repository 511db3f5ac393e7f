import { describe, expect, it } from 'vitest'

import { bundleChainPem, createCertBundle } from './cert-bundle.ts'
import { chainPem } from './certificate.ts'
import { type CertificateContent, issueCertificate, type Issuer, selfSignCertificate } from './issue-certificate.ts'
import { generateKeyPair, type KeyPair } from './keys.ts'
import { subjectAltName } from './subject-alt-name.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR_MS = 3_600_000
const SPIFFE = 'spiffe://cluster.local/ns/default/sa/reviews'

const CA: Omit<CertificateContent, 'publicKey'> = {
  organization: 'root',
  subjectAltNames: [],
  isCa: true,
  keyUsages: ['keyCertSign'],
  extendedKeyUsages: [],
  notBeforeMs: NOW - HOUR_MS,
  notAfterMs: NOW + 10 * HOUR_MS,
}

const LEAF: Omit<CertificateContent, 'publicKey'> = {
  subjectAltNames: [subjectAltName(SPIFFE)],
  isCa: false,
  keyUsages: ['digitalSignature'],
  extendedKeyUsages: ['serverAuth', 'clientAuth'],
  notBeforeMs: NOW,
  notAfterMs: NOW + HOUR_MS,
}

async function createRoot(): Promise<Issuer> {
  const keys = await generateKeyPair()
  return { keys, certificate: await selfSignCertificate(CA, keys) }
}

async function createIssuer(parent: Issuer, over: Partial<CertificateContent> = {}): Promise<Issuer> {
  const keys = await generateKeyPair()
  const content = { ...CA, organization: 'intermediate', publicKey: keys.publicKey, ...over }
  return { keys, certificate: await issueCertificate(content, parent) }
}

async function createLeaf(parent: Issuer, over: Partial<CertificateContent> = {}): Promise<{ keys: KeyPair; pem: string }> {
  const keys = await generateKeyPair()
  return { keys, pem: (await issueCertificate({ ...LEAF, publicKey: keys.publicKey, ...over }, parent)).pem }
}

describe('createCertBundle', () => {
  it('accepts a leaf signed by the root, and leaves the root out of the chain to show', async () => {
    const root = await createRoot()
    const leaf = await createLeaf(root)
    const parts = { keys: leaf.keys, chainPem: leaf.pem + root.certificate.pem, rootsPem: root.certificate.pem }
    const bundle = createCertBundle(parts, NOW)
    expect(bundle).toMatchObject({ kind: 'ok', value: { identity: { uri: SPIFFE } } })
    expect(bundle.kind === 'ok' && bundleChainPem(bundle.value)).toBe(leaf.pem)
  })

  it('accepts a leaf signed by an intermediate, with several roots', async () => {
    const [root, other] = [await createRoot(), await createRoot()]
    const issuer = await createIssuer(root)
    const leaf = await createLeaf(issuer)
    const chain = leaf.pem + issuer.certificate.pem
    const roots = chainPem([other.certificate, root.certificate])
    const bundle = createCertBundle({ keys: leaf.keys, chainPem: chain, rootsPem: roots }, NOW)
    expect(bundle.kind === 'ok' && bundleChainPem(bundle.value)).toBe(chain)
  })

  it.each(['another key', 'another root', 'no intermediate', 'an expired leaf', 'a leaf of the future', 'an expired signer'])(
    'refuses %s',
    async what => {
      const [root, other] = [await createRoot(), await createRoot()]
      const issuer = await createIssuer(root, what === 'an expired signer' ? { notAfterMs: NOW + 1000 } : {})
      const leaf = await createLeaf(issuer, { notAfterMs: NOW + 2 * HOUR_MS })
      const keys = what === 'another key' ? await generateKeyPair() : leaf.keys
      const chain = what === 'no intermediate' ? leaf.pem : leaf.pem + issuer.certificate.pem
      const rootsPem = what === 'another root' ? other.certificate.pem : root.certificate.pem
      const shiftMs = { 'an expired leaf': 3 * HOUR_MS, 'a leaf of the future': -1000, 'an expired signer': HOUR_MS }[what] ?? 0
      expect(createCertBundle({ keys, chainPem: chain, rootsPem }, NOW + shiftMs).kind).toBe('err')
    },
  )

  it('refuses a leaf that only claims to be by the root', async () => {
    const root = await createRoot()
    const leaf = await createLeaf({ certificate: root.certificate, keys: await generateKeyPair() })
    const bundle = createCertBundle({ keys: leaf.keys, chainPem: leaf.pem, rootsPem: root.certificate.pem }, NOW)
    expect(bundle).toMatchObject({ kind: 'err', error: expect.stringContaining('the signature on serial') })
  })

  it('refuses a chain through a workload certificate that signs', async () => {
    const root = await createRoot()
    const workloadKeys = await generateKeyPair()
    const workload = { keys: workloadKeys, certificate: await issueCertificate({ ...LEAF, publicKey: workloadKeys.publicKey }, root) }
    const leaf = await createLeaf(workload)
    const chain = leaf.pem + workload.certificate.pem
    const bundle = createCertBundle({ keys: leaf.keys, chainPem: chain, rootsPem: root.certificate.pem }, NOW)
    expect(bundle).toMatchObject({ kind: 'err', error: expect.stringContaining('no CA') })
  })

  it.each([
    ['no URI', []],
    ['two URIs', [subjectAltName(SPIFFE), subjectAltName(`${SPIFFE}2`)]],
    ['a URI that names no workload', [subjectAltName('spiffe://cluster.local/other')]],
  ])('refuses a leaf with %s', async (_, subjectAltNames) => {
    const root = await createRoot()
    const leaf = await createLeaf(root, { subjectAltNames })
    const parts = { keys: leaf.keys, chainPem: leaf.pem, rootsPem: root.certificate.pem }
    expect(createCertBundle(parts, NOW).kind).toBe('err')
  })

  it('refuses text that holds no certificates', async () => {
    const keys = await generateKeyPair()
    expect(createCertBundle({ keys, chainPem: '', rootsPem: '' }, NOW)).toMatchObject({ kind: 'err' })
  })
})
