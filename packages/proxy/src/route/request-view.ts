import type { HeaderTable } from '../http/header-table.ts'

/** What a request shows to matchers. */
export interface RequestView {
  readonly method: string
  /** With query. */
  readonly path: string
  readonly authority: string
  readonly scheme: string
  readonly requestHeaders: HeaderTable
}

/** Value of a header or pseudo-header (`:path`), lines joined; null when absent. */
export function viewHeader(request: RequestView, name: string): string | null {
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
      return request.requestHeaders.getJoined(name)
  }
}
