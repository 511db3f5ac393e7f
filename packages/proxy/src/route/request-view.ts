import type { PeerCertificate } from '../tls/peer-certificate.ts'
import type { HeaderTable } from '../http/header-table.ts'

/** What a request shows to matchers. */
export interface RequestView {
  readonly method: string
  /** With query. */
  readonly path: string
  readonly authority: string
  readonly scheme: string
  readonly requestHeaders: HeaderTable
  readonly connection: { readonly peer: PeerCertificate | null; readonly peerValidated: boolean }
  /** What filters have said about the request under a name; null: nothing. */
  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null
}

/** Value of a pseudo-header (`:path`, also `host`); null for any other name. */
export function pseudoHeader(request: RequestView, name: string): string | null {
  switch (name) {
    case ':method':
      return request.method
    case ':path':
      return request.path
    case ':authority':
    case 'host':
      return request.authority
    case ':scheme':
      return request.scheme
    default:
      return null
  }
}
