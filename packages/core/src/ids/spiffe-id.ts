import { err, ok, type Result } from '../result/result.ts'

/**
 * `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`, the form in which Istio names workloads
 * (SPIFFE-ID section 2; security.md 2.1). Made only by the functions below.
 */
export interface SpiffeId {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  /** The canonical text. Two ids are equal exactly if their `uri` is. */
  readonly uri: string
}

const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const SEGMENT = /^[A-Za-z0-9._-]{1,253}$/

export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): Result<SpiffeId, string> {
  if (!TRUST_DOMAIN.test(trustDomain)) return err(`trust domain '${trustDomain}' is not a lower-case host name`)
  for (const [what, text] of [
    ['namespace', namespace],
    ['service account', serviceAccount],
  ] as const) {
    if (!SEGMENT.test(text) || text === '.' || text === '..') return err(`${what} '${text}' has characters that a SPIFFE path may not have`)
  }
  return ok({ trustDomain, namespace, serviceAccount, uri: `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}` })
}

export function parseSpiffeId(uri: string): Result<SpiffeId, string> {
  const match = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(uri)
  const [, trustDomain, namespace, serviceAccount] = match ?? []
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) {
    return err(`'${uri}' is not of the form spiffe://<trust domain>/ns/<namespace>/sa/<service account>`)
  }
  return spiffeId(trustDomain, namespace, serviceAccount)
}
