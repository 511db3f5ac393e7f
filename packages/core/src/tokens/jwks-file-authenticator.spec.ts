import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createTestTokenIssuer, type TestTokenIssuer } from '@meshwork/testkit/ca'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JwksFileAuthenticator } from './jwks-file-authenticator.ts'

const ISSUER = 'https://tokens.test'

let directory: string
let path: string
let clock: ManualClock
let issuer: TestTokenIssuer
let authenticator: JwksFileAuthenticator
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jwks-'))
  path = join(directory, 'jwks.json')
  clock = new ManualClock()
  issuer = createTestTokenIssuer(() => clock.now())
  issuer.writeKeySet(path)
  authenticator = new JwksFileAuthenticator({ path, issuer: ISSUER, audience: 'istio-ca', clock })
})
afterEach(() => rmSync(directory, { recursive: true }))

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

describe('JwksFileAuthenticator', () => {
  it('reads the account of a good token', async () => {
    const account = await authenticator.authenticate(issuer.token('default', 'reviews'))
    expect(account).toEqual({ kind: 'ok', value: { namespace: 'default', name: 'reviews' } })
  })

  it.each([
    ['another audience', { audience: 'api' }, "its claim 'aud' is not accepted"],
    ['another issuer', { issuer: 'https://evil.test' }, "its claim 'iss' is not accepted"],
    ['an expired token', { lifetimeSeconds: -1 }, 'it has expired'],
    ['a user', { subject: 'admin' }, 'its subject is not a service account'],
    ['an account with a colon too many', { subject: 'system:serviceaccount:a:b:c' }, 'its subject is not a service account'],
  ])('refuses %s', async (_, options, error) => {
    expect(await authenticator.authenticate(issuer.token('default', 'reviews', options))).toEqual({ kind: 'err', error })
  })

  it('refuses a token by another key, and one whose claims were changed', async () => {
    const stranger = createTestTokenIssuer(() => clock.now())
    expect((await authenticator.authenticate(stranger.token('default', 'reviews'))).kind).toBe('err')
    const [head, body = '', signature] = issuer.token('default', 'reviews').split('.')
    const claims: object = JSON.parse(Buffer.from(body, 'base64url').toString())
    const forged = `${head}.${encode({ ...claims, sub: 'system:serviceaccount:default:admin' })}.${signature}`
    expect(await authenticator.authenticate(forged)).toEqual({ kind: 'err', error: 'its signature is not by a known key' })
  })

  it('refuses tokens without a signature, and those signed with the public key as a secret', async () => {
    const [, body] = issuer.token('default', 'reviews').split('.')
    const none = `${encode({ alg: 'none' })}.${body}.`
    const head = encode({ alg: 'HS256', kid: 'test' })
    const confused = `${head}.${body}.${createHmac('sha256', issuer.keySet).update(`${head}.${body}`).digest('base64url')}`
    for (const token of [none, confused, 'rubbish', '', 'x'.repeat(20_000)]) {
      expect((await authenticator.authenticate(token)).kind).toBe('err')
    }
  })

  it('takes no shared secret for a key, even if the file has one', async () => {
    const secret = 'a secret that everybody with the file can read'
    writeFileSync(path, JSON.stringify({ keys: [{ kty: 'oct', kid: 'shared', k: Buffer.from(secret).toString('base64url') }] }))
    const [, body] = issuer.token('default', 'reviews').split('.')
    const input = `${encode({ alg: 'HS256', kid: 'shared' })}.${body}`
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
    expect((await authenticator.authenticate(token)).kind).toBe('err')
  })

  it('follows the file when keys change, and keeps the last good ones when it breaks', async () => {
    const next = createTestTokenIssuer(() => clock.now())
    await authenticator.load()
    next.writeKeySet(path)
    expect((await authenticator.authenticate(next.token('default', 'reviews'))).kind).toBe('ok')
    expect((await authenticator.authenticate(issuer.token('default', 'reviews'))).kind).toBe('err')
    writeFileSync(path, '{ broken')
    expect((await authenticator.authenticate(next.token('default', 'reviews'))).kind).toBe('ok')
  })

  it('stops the start when the file cannot be used', async () => {
    for (const text of ['', '{}', '[]']) {
      writeFileSync(path, text)
      await expect(authenticator.load()).rejects.toMatchObject({ code: 'JWKS_UNUSABLE' })
    }
  })
})
