import type { InternalRedirectPolicy } from '../model/route.ts'
import type { ActiveStream } from './active-stream.ts'
import type { HeaderTable } from './header-table.ts'

/** Where a `location` leads. */
interface Target {
  readonly scheme: string
  readonly authority: string
  readonly path: string
}

/**
 * Turns the request towards the target of an upstream's redirect, as `InternalRedirectPolicy` allows. False: the response
 * is passed on, and the request is as it was. `headers` are the response's.
 */
export function followRedirect(stream: ActiveStream, policy: InternalRedirectPolicy, status: number, headers: HeaderTable): boolean {
  if (!policy.statuses.includes(status) || !stream.requestComplete || stream.redirects >= policy.maxRedirects) return false
  const target = parseLocation(headers.get('location'))
  if (target === null || !mayChangeScheme(policy, stream.scheme, target.scheme)) return false
  const from = { scheme: stream.scheme, authority: stream.authority, path: stream.path }
  const fromRoute = stream.route
  turnTo(stream, target)
  if (!mayTake(stream, policy)) {
    turnTo(stream, from)
    return false
  }
  if (policy.refusePreviousRoutes && stream.route !== null) (stream.redirectRoutes ??= []).push(stream.route.routeName)
  stream.redirects++
  if (status === 303 && stream.method !== 'GET' && stream.method !== 'HEAD') becomeGet(stream)
  stream.requestHeaders.set('x-envoy-original-url', `${from.scheme}://${from.authority}${from.path}`)
  copyHeaders(policy.copyHeaders, headers, stream.requestHeaders)
  return fromRoute !== null
}

const LOCATION = /^(https?):\/\/([^/?#]+)([^#]*)/i

/** Only absolute URLs of http and https say all that is needed. */
function parseLocation(location: string | null): Target | null {
  const match = location === null ? null : LOCATION.exec(location)
  const [, scheme = '', authority = '', rest = ''] = match ?? []
  if (match === null || authority.includes('@')) return null
  return { scheme: scheme.toLowerCase(), authority, path: rest.startsWith('/') ? rest : `/${rest}` }
}

function mayChangeScheme(policy: InternalRedirectPolicy, from: string, to: string): boolean {
  if (policy.crossScheme === 'yes') return true
  if (policy.crossScheme === 'safe') return from === 'https' || to === 'http'
  return from === to
}

function turnTo(stream: ActiveStream, { scheme, authority, path }: Target): void {
  stream.scheme = scheme
  stream.authority = authority
  stream.path = path
  stream.requestHeaders.set('host', authority)
  stream.rematchRoute()
}

function mayTake({ route, redirectRoutes }: ActiveStream, policy: InternalRedirectPolicy): boolean {
  if (route === null) return false
  if (policy.allowedRoutes !== null && !policy.allowedRoutes.includes(route.routeName)) return false
  return !policy.refusePreviousRoutes || redirectRoutes?.includes(route.routeName) !== true
}

/** RFC 9110 section 15.4.4: see other by GET, without the body. */
function becomeGet(stream: ActiveStream): void {
  stream.method = 'GET'
  stream.requestHeaders.remove('content-length')
  stream.requestHeaders.remove('content-type')
}

/** A header that the response does not have is taken out of the request. */
function copyHeaders(names: readonly string[], from: HeaderTable, to: HeaderTable): void {
  for (const name of names) {
    const value = from.getJoined(name)
    if (value === null) to.remove(name)
    else to.set(name, value)
  }
}
