import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'

/**
 * Removes what concerns one connection only (RFC 9110 7.6.1): the fields named by `connection`, and the known ones.
 * `keepUpgrade`: the request or response switches protocols, so `connection` and `upgrade` go on.
 */
export function removeHopByHop(headers: HeaderTable, keepUpgrade: boolean): void {
  const { names } = headers
  for (let i = names.length - 1; i >= 0; i--) {
    switch (names[i]?.id) {
      case HEADER_IDS.connection:
        if (!keepUpgrade) removeConnection(headers, i)
        break
      case HEADER_IDS.upgrade:
      case HEADER_IDS['http2-settings']:
        if (!keepUpgrade) headers.removeAt(i)
        break
      case HEADER_IDS['keep-alive']:
      case HEADER_IDS['proxy-connection']:
      case HEADER_IDS['transfer-encoding']:
        headers.removeAt(i)
        break
      case HEADER_IDS.te:
        if (hasToken(headers.values[i] ?? null, 'trailers')) headers.values[i] = 'trailers'
        else headers.removeAt(i)
        break
      default:
    }
  }
}

/** Fields that `connection` may not remove: an attacker could strip them from what the upstream decides by. */
const PROTECTED: ReadonlySet<string> = new Set(['host', 'content-length', 'cookie', 'authorization', 'te'])

function removeConnection(headers: HeaderTable, index: number): void {
  const value = headers.values[index] ?? ''
  headers.removeAt(index)
  const plain = value.toLowerCase()
  if (plain === 'keep-alive' || plain === 'close') return
  for (const token of plain.split(',')) {
    const name = token.trim()
    if (name !== '' && !PROTECTED.has(name) && !name.startsWith('x-forwarded-')) headers.remove(name)
  }
}

/** Whether a list field such as `connection` has this lower-case token. */
export function hasToken(value: string | null, token: string): boolean {
  if (value === null) return false
  if (value.length === token.length) return value.toLowerCase() === token
  return value
    .toLowerCase()
    .split(',')
    .some(part => part.trim() === token)
}
