import { execFileSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import { EC_P256, generateKeyPair, parseKeyAlgorithm, parsePrivateKeyPem, privateKeyPem, RSA_2048 } from './keys.ts'

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
}

describe('parsePrivateKeyPem', () => {
  it.each([EC_P256, RSA_2048])('reads what privateKeyPem wrote: %o', async algorithm => {
    const keys = await generateKeyPair(algorithm)
    const read = parsePrivateKeyPem(privateKeyPem(keys))
    expect(read).toMatchObject({ kind: 'ok', value: { algorithm } })
    expect(read.kind === 'ok' && read.value.publicKey.equals(keys.publicKey)).toBe(true)
  })

  it('reads PKCS#1 and SEC1, as Istio and OpenSSL write them', () => {
    expect(parsePrivateKeyPem(openssl('genrsa', '-traditional', '2048'))).toMatchObject({ kind: 'ok', value: { algorithm: RSA_2048 } })
    const sec1 = openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout')
    expect(parsePrivateKeyPem(sec1)).toMatchObject({ kind: 'ok', value: { algorithm: EC_P256 } })
  })

  it('refuses weak keys and other text', () => {
    expect(parsePrivateKeyPem(openssl('genrsa', '1024'))).toEqual({ kind: 'err', error: 'RSA key of 1024 bits is shorter than 2048' })
    expect(parsePrivateKeyPem('hello').kind).toBe('err')
  })
})

describe('KeyPair', () => {
  it('does not show its bytes to a log line', async () => {
    expect(JSON.stringify(await generateKeyPair())).toBe('{"algorithm":{"kind":"ec","curve":"P-256"},"privateKey":{},"publicKey":{}}')
  })
})

describe('parseKeyAlgorithm', () => {
  it('reads names of flags', () => {
    expect(parseKeyAlgorithm('ec-p256')).toEqual(EC_P256)
    expect(() => parseKeyAlgorithm('dsa')).toThrow("'dsa' is not a key algorithm")
  })
})
