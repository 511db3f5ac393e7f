import type { RequestOptions } from 'node:https'
import { MeshError } from '@meshwork/core/result'

/** Of TLS, and the headers of who asks. */
export type KubeCredentials = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized' | 'auth'> & {
  readonly headers?: { readonly authorization: string }
}

/** Where an API server is, and as whom it is asked. */
export interface ClusterAccess {
  readonly server: URL
  /** Where the caller is at home: that of the pod, or of the context. */
  readonly namespace: string
  /** Read anew for each call, so that what rotates is used in its newest form. */
  credentials(): Promise<KubeCredentials>
  /** The server takes the credentials no longer: what was kept of them is forgotten. */
  refused(): void
}

export function unusable(reason: string, cause?: unknown): MeshError {
  return new MeshError('KUBECONFIG_UNUSABLE', reason, { source: 'config', cause, nextStep: 'name a kubeconfig with which kubectl works' })
}

export function bearer(token: string): KubeCredentials {
  return { headers: { authorization: `Bearer ${token.trim()}` } }
}
