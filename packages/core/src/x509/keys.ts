import { createPrivateKey, createPublicKey, generateKeyPair as generateNodeKeyPair, type KeyObject, type webcrypto } from 'node:crypto'
import { promisify } from 'node:util'

import { MeshError, messageOf } from '../result/mesh-error.ts'
import { err, ok, type Result } from '../result/result.ts'

const generate = promisify(generateNodeKeyPair)

/** Kinds of key that the mesh issues certificates for (security.md 1.7 number 2). */
export type KeyAlgorithm = EcKeyAlgorithm | RsaKeyAlgorithm

export interface EcKeyAlgorithm {
  readonly kind: 'ec'
  readonly curve: 'P-256' | 'P-384'
}

export interface RsaKeyAlgorithm {
  readonly kind: 'rsa'
  /** Length of the modulus, 2048 to 8192. */
  readonly bits: number
}

/** What workloads use unless told otherwise. */
export const EC_P256: KeyAlgorithm = { kind: 'ec', curve: 'P-256' }
/** What Istio's root uses. */
export const RSA_2048: KeyAlgorithm = { kind: 'rsa', bits: 2048 }

/** Below this, keys are refused as weak; above the other, because verifying them costs too much. */
export const MIN_RSA_BITS = 2048
export const MAX_RSA_BITS = 8192

/** Both halves as opaque handles: neither a log line nor `JSON.stringify` shows key bytes. */
export interface KeyPair {
  readonly algorithm: KeyAlgorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export async function generateKeyPair(algorithm: KeyAlgorithm = EC_P256): Promise<KeyPair> {
  const pair =
    algorithm.kind === 'ec'
      ? await generate('ec', { namedCurve: algorithm.curve })
      : await generate('rsa', { modulusLength: algorithm.bits, publicExponent: 0x1_00_01 })
  return { algorithm, privateKey: pair.privateKey, publicKey: pair.publicKey }
}

const CURVE_NAMES: ReadonlyMap<string, EcKeyAlgorithm['curve']> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
])

/** The algorithm of `key`, or why the mesh does not accept such a key. */
export function keyAlgorithmOf(key: KeyObject): Result<KeyAlgorithm, string> {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec') {
    const curve = CURVE_NAMES.get(namedCurve ?? '')
    return curve === undefined ? err(`curve ${namedCurve ?? 'unknown'} is not P-256 or P-384`) : ok({ kind: 'ec', curve })
  }
  if (key.asymmetricKeyType === 'rsa') {
    const bits = modulusLength ?? 0
    if (bits < MIN_RSA_BITS) return err(`RSA key of ${bits} bits is shorter than ${MIN_RSA_BITS}`)
    return bits > MAX_RSA_BITS ? err(`RSA key of ${bits} bits is longer than ${MAX_RSA_BITS}`) : ok({ kind: 'rsa', bits })
  }
  return err(`key type ${key.asymmetricKeyType ?? 'unknown'} is not EC or RSA`)
}

/** Reads PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`); encrypted keys are refused. */
export function parsePrivateKeyPem(pem: string | Buffer): Result<KeyPair, string> {
  try {
    const privateKey = createPrivateKey(pem)
    const algorithm = keyAlgorithmOf(privateKey)
    return algorithm.kind === 'err' ? algorithm : ok({ algorithm: algorithm.value, privateKey, publicKey: createPublicKey(privateKey) })
  } catch (error) {
    return err(`not a private key: ${messageOf(error)}`)
  }
}

/** PKCS#8, PEM. */
export function privateKeyPem(keys: KeyPair): string {
  return keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Reads SubjectPublicKeyInfo in DER. */
export function parsePublicKeyDer(der: Uint8Array): Result<KeyObject, string> {
  try {
    return ok(createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }))
  } catch (error) {
    return err(`not a public key: ${messageOf(error)}`)
  }
}

export function samePublicKey(a: KeyObject, b: KeyObject): boolean {
  return a.equals(b)
}

/** The key halves as the Web Crypto API wants them: ECDSA with the curve's hash, RSASSA-PKCS1-v1_5 with SHA-256. */
export function webCryptoKeys(keys: KeyPair): webcrypto.CryptoKeyPair {
  const algorithm = webCryptoAlgorithm(keys.algorithm)
  return {
    privateKey: keys.privateKey.toCryptoKey(algorithm, false, ['sign']),
    publicKey: keys.publicKey.toCryptoKey(algorithm, true, ['verify']),
  }
}

/** The signature scheme that goes with a key. */
export function signingAlgorithmOf(algorithm: KeyAlgorithm): { readonly name: string; readonly hash: string } {
  if (algorithm.kind === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return { name: 'ECDSA', hash: algorithm.curve === 'P-384' ? 'SHA-384' : 'SHA-256' }
}

function webCryptoAlgorithm(algorithm: KeyAlgorithm): { name: string; namedCurve?: string; hash?: string } {
  return algorithm.kind === 'ec' ? { name: 'ECDSA', namedCurve: algorithm.curve } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
}

const ALGORITHM_NAMES: ReadonlyMap<string, KeyAlgorithm> = new Map<string, KeyAlgorithm>([
  ['ec-p256', EC_P256],
  ['ec-p384', { kind: 'ec', curve: 'P-384' }],
  ['rsa-2048', RSA_2048],
  ['rsa-3072', { kind: 'rsa', bits: 3072 }],
  ['rsa-4096', { kind: 'rsa', bits: 4096 }],
])

/** The words that `parseKeyAlgorithm` knows, for help texts. */
export const KEY_ALGORITHM_NAMES: readonly string[] = [...ALGORITHM_NAMES.keys()]

/** Reads a flag such as `ec-p256`. */
export function parseKeyAlgorithm(text: string): KeyAlgorithm {
  const algorithm = ALGORITHM_NAMES.get(text)
  if (algorithm !== undefined) return algorithm
  throw new MeshError('BAD_FLAG', `'${text}' is not a key algorithm`, {
    source: 'config',
    nextStep: `use one of ${KEY_ALGORITHM_NAMES.join(', ')}`,
  })
}
