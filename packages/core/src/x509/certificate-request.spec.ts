import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { buildCertificateRequest, MAX_CSR_CHARS, parseCertificateRequest } from './certificate-request.ts'
import { EC_P256, generateKeyPair, type KeyAlgorithm, RSA_2048 } from './keys.ts'
import { subjectAltName } from './subject-alt-name.ts'

const directory = mkdtempSync(join(tmpdir(), 'csr-'))
afterAll(() => rmSync(directory, { recursive: true }))

const SPIFFE = 'spiffe://cluster.local/ns/default/sa/reviews'
const P384: KeyAlgorithm = { kind: 'ec', curve: 'P-384' }

/** A request made by OpenSSL, with the key options and request options given. */
function opensslRequest(keyOptions: readonly string[], ...options: readonly string[]): string {
  const out = join(directory, 'request.pem')
  const key = ['-newkey', ...keyOptions, '-nodes', '-keyout', join(directory, 'key.pem')]
  execFileSync('openssl', ['req', '-new', '-subj', '/O=test', ...key, ...options, '-out', out], { stdio: 'pipe' })
  return readFileSync(out, 'utf8')
}

const EC_OPTIONS = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

function withFlippedBit(pem: string, fromEnd: number): string {
  const [begin, ...rest] = pem.trim().split('\n')
  const end = rest.pop()
  const der = Buffer.from(rest.join(''), 'base64')
  der[der.length - fromEnd] = (der[der.length - fromEnd] ?? 0) ^ 1
  return [begin, der.toString('base64'), end, ''].join('\n')
}

describe('buildCertificateRequest', () => {
  it.each([EC_P256, P384, RSA_2048])('makes a request that OpenSSL verifies: %o', async algorithm => {
    const pem = await buildCertificateRequest(await generateKeyPair(algorithm), [subjectAltName(SPIFFE)])
    const path = join(directory, 'ours.pem')
    writeFileSync(path, pem)
    const text = execFileSync('openssl', ['req', '-verify', '-noout', '-text', '-in', path], { encoding: 'utf8', stdio: 'pipe' })
    expect(text).toContain(`URI:${SPIFFE}`)
  })

  it('makes a request that our own parser accepts', async () => {
    const keys = await generateKeyPair()
    const parsed = await parseCertificateRequest(await buildCertificateRequest(keys, [subjectAltName(SPIFFE)]))
    expect(parsed).toMatchObject({ kind: 'ok', value: { subjectAltNames: [{ kind: 'uri', value: SPIFFE }] } })
    expect(parsed.kind === 'ok' && parsed.value.publicKey.equals(keys.publicKey)).toBe(true)
  })
})

describe('parseCertificateRequest', () => {
  it.each([
    ['EC P-256', EC_OPTIONS],
    ['EC P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA', ['rsa:2048']],
  ])('reads what OpenSSL made with %s', async (_, options) => {
    const pem = opensslRequest(options, '-addext', `subjectAltName=URI:${SPIFFE},DNS:example.com,IP:10.0.0.1,email:a@example.com`)
    const parsed = await parseCertificateRequest(pem)
    expect(parsed).toMatchObject({
      kind: 'ok',
      value: {
        subjectAltNames: [
          { kind: 'uri', value: SPIFFE },
          { kind: 'dns', value: 'example.com' },
          { kind: 'ip', value: '10.0.0.1' },
          { kind: 'email', value: 'a@example.com' },
        ],
      },
    })
  })

  it('shows names of a kind that is never issued, so that they can be refused', async () => {
    const parsed = await parseCertificateRequest(opensslRequest(EC_OPTIONS, '-addext', 'subjectAltName=otherName:1.2.3.4;UTF8:x'))
    expect(parsed).toMatchObject({ kind: 'ok', value: { subjectAltNames: [{ kind: 'other' }] } })
  })

  it.each([
    ['the signature', 3],
    ['the public key', 100],
  ])('refuses a request in which one bit of %s is flipped', async (_, fromEnd) => {
    const pem = withFlippedBit(opensslRequest(EC_OPTIONS, '-addext', `subjectAltName=URI:${SPIFFE}`), fromEnd)
    expect(await parseCertificateRequest(pem)).toMatchObject({ kind: 'err', error: { kind: 'bad-signature' } })
  })

  it.each([
    ['RSA 1024', ['rsa:1024']],
    ['Ed25519', ['ed25519']],
    ['secp256k1', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
  ])('refuses a key that is too weak or of another kind: %s', async (_, options) => {
    expect(await parseCertificateRequest(opensslRequest(options))).toMatchObject({ kind: 'err', error: { kind: 'weak-key' } })
  })

  it('refuses a signature over SHA-1', async () => {
    const parsed = await parseCertificateRequest(opensslRequest(['rsa:2048'], '-sha1'))
    expect(parsed).toMatchObject({ kind: 'err', error: { kind: 'bad-signature' } })
  })

  it('refuses what is not exactly one request of reasonable size', async () => {
    const pem = opensslRequest(EC_OPTIONS)
    const inputs = ['', 'hello', pem + pem, pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), pem.padEnd(MAX_CSR_CHARS + 1)]
    inputs.push(pem.replace(/\n.{64}\n/, '\n'))
    for (const input of inputs) expect(await parseCertificateRequest(input)).toMatchObject({ kind: 'err', error: { kind: 'malformed' } })
  })
})
