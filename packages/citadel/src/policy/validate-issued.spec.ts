import { spiffeId } from '@meshwork/core/ids'
import { type Certificate, type CertificateContent, generateKeyPair, issueCertificate, RSA_2048, subjectAltName } from '@meshwork/core/x509'
import { createTestCa, type TestCa } from '@meshwork/testkit/ca'
import { beforeAll, describe, expect, it } from 'vitest'

import { validateIssued } from './validate-issued.ts'
import { workloadTemplate } from './workload-template.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR_MS = 3_600_000

let ca: TestCa
let template: CertificateContent
beforeAll(async () => {
  ca = await createTestCa('cluster.local', () => NOW)
  template = await templateFor(HOUR_MS)
})

async function templateFor(lifetimeMs: number, nowMs = NOW): Promise<CertificateContent> {
  const identity = spiffeId('cluster.local', 'default', 'a')
  if (identity.kind === 'err') throw new Error(identity.error)
  const { publicKey } = await generateKeyPair()
  const built = workloadTemplate({ identity: identity.value, hosts: [], publicKey, lifetimeMs, signer: ca.issuer.certificate, nowMs })
  if (built.kind === 'err') throw new Error(built.error)
  return built.value
}

describe('workloadTemplate', () => {
  it('ends with the signer at the latest', async () => {
    expect((await templateFor(1000 * HOUR_MS)).notAfterMs).toBe(ca.issuer.certificate.notAfterMs)
    expect((await templateFor(HOUR_MS)).notAfterMs).toBe(NOW + HOUR_MS)
  })

  it('is refused when the signer has expired', async () => {
    await expect(templateFor(HOUR_MS, ca.issuer.certificate.notAfterMs)).rejects.toThrow('expired')
  })

  it('lets only RSA keys encipher keys', async () => {
    expect(template.keyUsages).toEqual(['digitalSignature'])
    const { publicKey } = await generateKeyPair(RSA_2048)
    const identity = spiffeId('cluster.local', 'default', 'a')
    if (identity.kind === 'err') throw new Error(identity.error)
    const built = workloadTemplate({
      identity: identity.value,
      hosts: [],
      publicKey,
      lifetimeMs: 1,
      signer: ca.issuer.certificate,
      nowMs: NOW,
    })
    expect(built).toMatchObject({ kind: 'ok', value: { keyUsages: ['digitalSignature', 'keyEncipherment'] } })
  })
})

describe('validateIssued', () => {
  function issued(over: Partial<CertificateContent> = {}): Promise<Certificate> {
    return issueCertificate({ ...template, ...over }, ca.issuer)
  }

  it('finds nothing in what was issued as the template says', async () => {
    expect(validateIssued(await issued(), template, ca.issuer.certificate)).toEqual([])
  })

  it.each<[string, Partial<CertificateContent>]>([
    ['names', { subjectAltNames: [subjectAltName('spiffe://cluster.local/ns/default/sa/b')] }],
    ['names', { subjectAltNames: [subjectAltName('spiffe://cluster.local/ns/default/sa/a'), subjectAltName('a')] }],
    ['CA flag', { isCa: true }],
    ['key usage', { keyUsages: ['digitalSignature', 'keyCertSign'] }],
    ['extended key usage', { extendedKeyUsages: ['serverAuth'] }],
    ['start', { notBeforeMs: NOW - HOUR_MS }],
    ['end', { notAfterMs: NOW + 2 * HOUR_MS }],
    ['subject', { organization: 'system:masters' }],
  ])('finds other %s', async (what, over) => {
    expect(validateIssued(await issued(over), template, ca.issuer.certificate)).toContain(what)
  })

  it('finds another key, another signer, and an end beyond the signer', async () => {
    const { publicKey } = await generateKeyPair()
    expect(validateIssued(await issued({ publicKey }), template, ca.issuer.certificate)).toContain('public key')
    const other = await createTestCa('cluster.local', () => NOW)
    expect(validateIssued(await issued(), template, other.issuer.certificate)).toContain('signature')
    const late = { notAfterMs: NOW + 1000 * HOUR_MS }
    expect(validateIssued(await issued(late), { ...template, ...late }, ca.issuer.certificate)).toEqual(['end beyond the signer'])
  })
})
