import type { X509Certificate } from 'node:crypto'
import { err, ok, type Result } from '@meshwork/core/result'
import type { StaplePolicy } from '../model/tls.ts'
import { canonicalSerial, type OcspResponse, parseOcspResponse } from './ocsp-response.ts'

/** What a client that asks for a staple gets with a certificate: the staple, none, or not this certificate. */
export type StapleAnswer = 'staple' | 'omit' | 'refuse'

/** A certificate as far as stapling goes. */
export interface Stapling {
  /** null: the certificate has no staple. */
  readonly response: OcspResponse | null
  /** The certificate itself says that it must come with a staple (RFC 7633). */
  readonly mustStaple: boolean
}

/** The TLS feature extension (1.3.6.1.5.5.7.1.24), critical or not, with nothing but `status_request` in it. */
const MUST_STAPLE = /06082b06010505070118(0101ff)?04053003020105/

/** Reads a certificate and its staple; the error says why they cannot be used together, or under `policy`. */
export function readStapling(certificate: X509Certificate, staple: Uint8Array | undefined, policy: StaplePolicy): Result<Stapling, string> {
  const mustStaple = MUST_STAPLE.test(certificate.raw.toString('hex'))
  if (staple === undefined || staple.length === 0) {
    if (mustStaple) return err('must be set: the certificate demands a staple')
    return policy === 'must' ? err('must be set: the policy is MUST_STAPLE') : ok({ response: null, mustStaple })
  }
  const response = parseOcspResponse(staple)
  if (response.kind === 'err') return response
  if (response.value.serialNumber !== canonicalSerial(certificate.serialNumber)) return err('is not about this certificate')
  return ok({ response: response.value, mustStaple })
}

/** `DownstreamTlsContext.OcspStaplePolicy`; a certificate that demands a staple is never shown without. */
export function stapleAnswer({ response, mustStaple }: Stapling, policy: StaplePolicy, nowMs: number): StapleAnswer {
  const nextUpdateMs = response?.nextUpdateMs ?? null
  if (nextUpdateMs !== null && nextUpdateMs >= nowMs) return 'staple'
  if (mustStaple || policy === 'must') return 'refuse'
  return policy === 'strict' && response !== null ? 'refuse' : 'omit'
}
