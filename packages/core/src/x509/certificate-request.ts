import type { KeyObject } from 'node:crypto'

import { messageOf } from '../result/mesh-error.ts'
import { err, ok, type Result } from '../result/result.ts'
import { Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from './asn1.ts'
import { keyAlgorithmOf, type KeyPair, parsePublicKeyDer, signingAlgorithmOf, webCryptoKeys } from './keys.ts'
import { decodePem, encodePem } from './pem.ts'
import { type SubjectAltName, subjectAltNameExtension, subjectAltNamesIn } from './subject-alt-name.ts'

/** What the mesh takes from a PKCS#10 request (RFC 2986): made only by `parseCertificateRequest`, so its signature is good. */
export interface CertificateRequest {
  readonly publicKey: KeyObject
  /** What the requester asks to be called. To be compared with who it is, never copied. */
  readonly subjectAltNames: readonly SubjectAltName[]
}

export interface CertificateRequestProblem {
  readonly kind: 'malformed' | 'bad-signature' | 'weak-key'
  readonly message: string
}

/** A request of 8192-bit RSA takes about 3 KiB. */
export const MAX_CSR_CHARS = 16_384

const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']
const EXTENSION_REQUEST_OID = '1.2.840.113549.1.9.14'
const STRONG_HASHES = new Set(['SHA-256', 'SHA-384', 'SHA-512'])

/** A request with an empty subject, in PEM. */
export async function buildCertificateRequest(keys: KeyPair, names: readonly SubjectAltName[]): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: webCryptoKeys(keys),
    signingAlgorithm: signingAlgorithmOf(keys.algorithm),
    extensions: names.length === 0 ? [] : [subjectAltNameExtension(names, true)],
  })
  return encodePem('CERTIFICATE REQUEST', new Uint8Array(request.rawData))
}

/** Reads exactly one PEM request, and checks the strength of its key and its signature over itself (proof of possession). */
export async function parseCertificateRequest(pem: string): Promise<Result<CertificateRequest, CertificateRequestProblem>> {
  const problem = (kind: CertificateRequestProblem['kind'], message: string): Result<never, CertificateRequestProblem> =>
    err({ kind, message })
  if (pem.length > MAX_CSR_CHARS) return problem('malformed', `the request is longer than ${MAX_CSR_CHARS} characters`)
  const parsed = readRequest(pem)
  if (parsed.kind === 'err') return problem('malformed', parsed.error)
  const { request, publicKey, subjectAltNames } = parsed.value
  const algorithm = keyAlgorithmOf(publicKey)
  if (algorithm.kind === 'err') return problem('weak-key', algorithm.error)
  const signature = await verifySignature(request)
  return signature.kind === 'err' ? problem('bad-signature', signature.error) : ok({ publicKey, subjectAltNames })
}

interface ReadRequest extends CertificateRequest {
  readonly request: Pkcs10CertificateRequest
}

function readRequest(pem: string): Result<ReadRequest, string> {
  const blocks = decodePem(pem, LABELS)
  if (blocks.kind === 'err') return blocks
  const [der, second] = blocks.value
  if (der === undefined || second !== undefined) return err('there must be exactly one request')
  try {
    const request = new Pkcs10CertificateRequest(der)
    if (request.getAttributes(EXTENSION_REQUEST_OID).length > 1) return err('there is more than one extension request')
    const publicKey = parsePublicKeyDer(new Uint8Array(request.publicKey.rawData))
    if (publicKey.kind === 'err') return publicKey
    const names = subjectAltNamesIn(request.extensions)
    return names.kind === 'err' ? names : ok({ request, publicKey: publicKey.value, subjectAltNames: names.value })
  } catch (error) {
    return err(`not a PKCS#10 request: ${messageOf(error)}`)
  }
}

async function verifySignature(request: Pkcs10CertificateRequest): Promise<Result<void, string>> {
  try {
    const hash = request.signatureAlgorithm.hash.name
    if (!STRONG_HASHES.has(hash)) return err(`the request is signed with ${hash}`)
    return (await request.verify()) ? ok(undefined) : err('the signature of the request does not match its key')
  } catch (error) {
    return err(`the signature of the request cannot be checked: ${messageOf(error)}`)
  }
}
