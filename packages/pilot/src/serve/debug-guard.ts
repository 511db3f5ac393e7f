import { isIPv4 } from 'node:net'
import { type HttpAnswer, type HttpCaller, textAnswer } from '@meshwork/core/serve'
import type { TokenAuthenticator } from '@meshwork/core/ports'

/** What probes and Prometheus read, who have no token, and what tells nothing of anybody's configuration. */
const OPEN_PAGES: ReadonlySet<string> = new Set(['/ready', '/metrics', '/version'])

/** Debug pages are for whoever is on the machine, and for bearers of a token that `tokens` vouches for. */
export function debugGuard(tokens: TokenAuthenticator | null): (caller: HttpCaller) => Promise<HttpAnswer | undefined> {
  return async ({ path, remoteAddress, bearerToken }) => {
    if (OPEN_PAGES.has(path) || isLoopback(remoteAddress)) return undefined
    if (tokens === null || bearerToken === undefined) return textAnswer('debug pages are for loopback, or for bearers of a token\n', 401)
    const account = await tokens.authenticate(bearerToken)
    return account.kind === 'ok' ? undefined : textAnswer(`the token is refused: ${account.error}\n`, 403)
  }
}

/** undefined: a socket in the file system, whose permissions decide. */
function isLoopback(address: string | undefined): boolean {
  if (address === undefined || address === '::1') return true
  const v4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return isIPv4(v4) && v4.startsWith('127.')
}
