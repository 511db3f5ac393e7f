import type { FilterStream } from '../filter.ts'
import type { AcceptedToken } from './check.ts'
import { removeToken } from './extract-tokens.ts'
import type { JwtProblem } from './jwt.ts'
import type { ProviderConfig } from './provider.ts'

const NAMESPACE = 'envoy.filters.http.jwt_authn'

/** What accepted tokens do to their request: metadata, headers, and that they leave it. */
export function applyAccepted(stream: FilterStream, accepted: readonly AcceptedToken[]): void {
  let rematch = false
  for (const { provider, jwt, token } of accepted) {
    const { config } = provider
    if (config.payloadMetadata !== '') say(stream, config.payloadMetadata, normalized(jwt.claims, config.spaceDelimited))
    if (config.headerMetadata !== '') say(stream, config.headerMetadata, jwt.header)
    if (config.payloadHeader !== '') stream.requestHeaders.append(config.payloadHeader, payloadOf(jwt.payloadText, config.padsPayload))
    for (const { header, path } of config.claimHeaders) {
      const text = claimText(jwt.claims, path)
      if (text !== null) stream.requestHeaders.append(header, text)
    }
    if (!config.forwards) removeToken(stream, token)
    rematch ||= config.clearsRouteCache
  }
  if (rematch) stream.rematchRoute()
}

/** Envoy's numbers for refusals are internal; 401 and 403 are what they become. */
export function tellRefused(stream: FilterStream, refused: ReadonlyMap<ProviderConfig, JwtProblem> | null): void {
  if (refused === null) return
  for (const [{ failureMetadata }, message] of refused) if (failureMetadata !== '') say(stream, failureMetadata, { message })
}

function say(stream: FilterStream, key: string, value: unknown): void {
  stream.mergeDynamicMetadata(NAMESPACE, { [key]: value })
}

function normalized(claims: Readonly<Record<string, unknown>>, lists: readonly string[]): Readonly<Record<string, unknown>> {
  if (lists.length === 0) return claims
  const own = lists.flatMap(name => {
    const value = claims[name]
    return typeof value === 'string' ? [[name, value.split(' ').filter(word => word !== '')] as const] : []
  })
  return { ...claims, ...Object.fromEntries(own) }
}

function payloadOf(text: string, pads: boolean): string {
  const bare = text.replace(/=+$/, '')
  return pads ? bare.padEnd(Math.ceil(bare.length / 4) * 4, '=') : bare
}

/** Lists and objects go as base64 of their JSON, padded as Envoy does it (`claim_to_headers`). */
function claimText(claims: Readonly<Record<string, unknown>>, path: readonly string[]): string | null {
  let value: unknown = claims
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null
    value = new Map<string, unknown>(Object.entries(value)).get(key)
  }
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' && value !== null ? Buffer.from(JSON.stringify(value)).toString('base64') : null
}
