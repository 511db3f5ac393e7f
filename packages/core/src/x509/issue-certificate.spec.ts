import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { spiffeIdOf } from './certificate.ts'
import { type CertificateContent, issueCertificate, type Issuer, selfSignCertificate } from './issue-certificate.ts'
import { EC_P256, generateKeyPair, type KeyAlgorithm, RSA_2048 } from './keys.ts'
import { subjectAltName } from './subject-alt-name.ts'

const directory = mkdtempSync(join(tmpdir(), 'x509-'))
afterAll(() => rmSync(directory, { recursive: true }))

const HOUR_MS = 3_600_000
const SPIFFE = 'spiffe://cluster.local/ns/default/sa/reviews'

async function createRoot(algorithm: KeyAlgorithm): Promise<Issuer> {
  const keys = await generateKeyPair(algorithm)
  const now = Date.now()
  const certificate = await selfSignCertificate(
    {
      organization: 'cluster.local',
      subjectAltNames: [],
      isCa: true,
      keyUsages: ['keyCertSign', 'cRLSign'],
      extendedKeyUsages: [],
      notBeforeMs: now - HOUR_MS,
      notAfterMs: now + 24 * HOUR_MS,
    },
    keys,
  )
  return { certificate, keys }
}

async function leafContent(names: readonly string[], over: Partial<CertificateContent> = {}): Promise<CertificateContent> {
  const keys = await generateKeyPair()
  return {
    publicKey: keys.publicKey,
    subjectAltNames: names.map(subjectAltName),
    isCa: false,
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsages: ['serverAuth', 'clientAuth'],
    notBeforeMs: Date.now() - 120_000,
    notAfterMs: Date.now() + HOUR_MS,
    ...over,
  }
}

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8' })
}

describe('issueCertificate, judged by OpenSSL', () => {
  it.each([
    ['EC', EC_P256],
    ['RSA', RSA_2048],
  ] as const)('makes X.509-SVIDs that verify to an %s root', async (name, algorithm) => {
    const root = await createRoot(algorithm)
    const leaf = await issueCertificate(await leafContent([SPIFFE]), root)
    const rootFile = file(`${name}-root.pem`, root.certificate.pem)
    const leafFile = file(`${name}-leaf.pem`, leaf.pem)
    expect(openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', rootFile, leafFile)).toContain(': OK')
    expect(openssl('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', rootFile, leafFile)).toContain(': OK')
  })

  it('writes what an SVID must contain, and no subject', async () => {
    const leaf = await issueCertificate(await leafContent([SPIFFE]), await createRoot(EC_P256))
    const text = openssl('x509', '-noout', '-text', '-in', file('svid.pem', leaf.pem))
    expect(text).toMatch(/Subject: *\n/)
    expect(text).toMatch(new RegExp(`Subject Alternative Name: critical\\s+URI:${SPIFFE}\\n`))
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\n/)
    expect(text).toMatch(/Extended Key Usage: *\s+TLS Web Server Authentication, TLS Web Client Authentication\n/)
    expect(text).toContain('Subject Key Identifier')
    expect(text).toContain('Authority Key Identifier')
  })

  it('writes addresses and DNS names as what they are', async () => {
    const names = ['127.0.0.1', '::1', 'localhost', SPIFFE]
    const leaf = await issueCertificate(await leafContent(names), await createRoot(EC_P256))
    const text = openssl('x509', '-noout', '-ext', 'subjectAltName', '-in', file('names.pem', leaf.pem))
    expect(text).toContain(`IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:localhost, URI:${SPIFFE}`)
    expect(leaf.subjectAltNames.map(name => name.kind)).toEqual(['ip', 'ip', 'dns', 'uri'])
  })

  it('gives each certificate another positive serial number of at most 20 octets', async () => {
    const root = await createRoot(EC_P256)
    const content = await leafContent([SPIFFE])
    const serials = new Set<string>()
    for (let i = 0; i < 20; i++) serials.add((await issueCertificate(content, root)).serialNumber)
    expect(serials.size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/)
  })

  it('reads back what it wrote', async () => {
    const content = await leafContent([SPIFFE])
    const leaf = await issueCertificate(content, await createRoot(RSA_2048))
    expect(leaf).toMatchObject({ isCa: false, subject: '', issuer: 'O=cluster.local', keyUsages: content.keyUsages })
    expect(leaf.extendedKeyUsages).toEqual(['serverAuth', 'clientAuth'])
    expect(leaf.notAfterMs).toBe(Math.floor(content.notAfterMs / 1000) * 1000)
    expect(spiffeIdOf(leaf)).toMatchObject({ kind: 'ok', value: { namespace: 'default', serviceAccount: 'reviews' } })
  })

  it('keeps dates beyond 2050, where the encoding changes', async () => {
    const notAfterMs = Date.UTC(2061, 5, 1)
    const leaf = await issueCertificate(await leafContent([SPIFFE], { notAfterMs }), await createRoot(EC_P256))
    expect(openssl('x509', '-noout', '-enddate', '-in', file('late.pem', leaf.pem))).toContain('Jun  1 00:00:00 2061 GMT')
  })
})

describe('spiffeIdOf', () => {
  it('refuses a certificate with two URIs', async () => {
    const leaf = await issueCertificate(await leafContent([SPIFFE, `${SPIFFE}2`]), await createRoot(EC_P256))
    expect(spiffeIdOf(leaf)).toEqual({ kind: 'err', error: 'the certificate has 2 URI names instead of one' })
  })
})
