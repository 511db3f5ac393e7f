import type { Result } from '../result/result.ts'

/** The Kubernetes-shaped account that a token speaks for. */
export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

/** Tells whom a bearer token speaks for. Local mode checks signatures against a key file, a cluster asks its API. */
export interface TokenAuthenticator {
  /** The reason of a refusal is shown to the caller: it must not help to guess a better token. */
  authenticate(token: string): Promise<Result<ServiceAccount, string>>
}

/** Reads `system:serviceaccount:<namespace>:<name>`, the user name of a service account. */
export function parseServiceAccountSubject(subject: string): ServiceAccount | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}
