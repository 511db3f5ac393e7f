import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { ObjectOf } from '@meshwork/config/kinds'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'

type Secret = ObjectOf<'Secret'>

export interface KeyPair {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

export interface Roots {
  readonly pem: string
  /** Revocation lists, or ''. */
  readonly crlPem: string
}

/** Keys of a Secret that are tried in turn: the generic form first, then that of `kubernetes.io/tls`. */
const PAIRS: readonly (readonly [certificate: string, key: string])[] = [
  ['cert', 'key'],
  ['tls.crt', 'tls.key'],
]
const ROOTS: readonly (readonly [roots: string, crl: string])[] = [
  ['cacert', 'crl'],
  ['ca.crt', 'ca.crl'],
]

const pairs = new WeakMap<Secret, Result<KeyPair, string>>()
const roots = new WeakMap<Secret, Result<Roots, string>>()

/** Certificate and key of a Secret, or why a proxy would refuse them. Read once for each version of the object. */
export function keyPairOf(secret: Secret): Result<KeyPair, string> {
  return remembered(pairs, secret, readPair)
}

/** The roots in a Secret, or why there are none. */
export function rootsOf(secret: Secret): Result<Roots, string> {
  return remembered(roots, secret, readRoots)
}

function remembered<T>(known: WeakMap<Secret, T>, secret: Secret, read: (secret: Secret) => T): T {
  const before = known.get(secret)
  if (before !== undefined) return before
  const value = read(secret)
  known.set(secret, value)
  return value
}

function readPair(secret: Secret): Result<KeyPair, string> {
  for (const [certificateKey, keyKey] of PAIRS) {
    const [certificateChainPem, privateKeyPem] = [textOf(secret, certificateKey), textOf(secret, keyKey)]
    if (certificateChainPem === '' || privateKeyPem === '') continue
    const problem = pairProblem(certificateChainPem, privateKeyPem)
    return problem === null ? ok({ certificateChainPem, privateKeyPem }) : err(`${nameOf(secret)}: ${problem}`)
  }
  return err(`${nameOf(secret)} has neither tls.crt and tls.key nor cert and key`)
}

function pairProblem(certificateChainPem: string, privateKeyPem: string): string | null {
  try {
    const certificate = new X509Certificate(certificateChainPem)
    return certificate.checkPrivateKey(createPrivateKey(privateKeyPem)) ? null : 'the key is not the key of the certificate'
  } catch (error) {
    return `the certificate or key cannot be read: ${messageOf(error)}`
  }
}

function readRoots(secret: Secret): Result<Roots, string> {
  for (const [rootsKey, crlKey] of ROOTS) {
    const pem = textOf(secret, rootsKey)
    if (pem === '') continue
    const problem = rootsProblem(pem)
    return problem === null ? ok({ pem, crlPem: textOf(secret, crlKey) }) : err(`${nameOf(secret)}: ${problem}`)
  }
  return err(`${nameOf(secret)} has neither ca.crt nor cacert`)
}

function rootsProblem(pem: string): string | null {
  try {
    for (const block of pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [pem]) new X509Certificate(block)
    return null
  } catch (error) {
    return `the roots cannot be read: ${messageOf(error)}`
  }
}

function textOf(secret: Secret, key: string): string {
  const bytes = secret.spec.data[key]
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')
}

function nameOf({ meta }: Secret): string {
  return `Secret ${meta.namespace}/${meta.name}`
}
