import { cookieValue } from '../cookies.ts'
import type { FilterStream } from '../filter.ts'
import type { ProviderConfig } from './provider.ts'
import type { TokenCutter } from './token-cutter.ts'

/** A token and where it was found. */
export interface FoundToken {
  readonly text: string
  /** The providers that look there. */
  readonly providers: readonly ProviderConfig[]
  readonly place: { readonly kind: 'header' | 'param' | 'cookie'; readonly name: string }
}

/** The tokens of a request at the places where these providers look: headers first, then parameters, then cookies. */
export function extractTokens(stream: FilterStream, providers: readonly ProviderConfig[], cutter: TokenCutter): readonly FoundToken[] {
  const found: FoundToken[] = []
  for (const provider of providers) {
    for (const { name, prefix } of provider.fromHeaders) {
      const value = stream.requestHeaders.getJoined(name)
      if (value !== null) add(found, cutter.cut(value, prefix), provider, 'header', name)
    }
  }
  for (const provider of providers)
    for (const name of provider.fromParams) add(found, queryParameter(stream.path, name), provider, 'param', name)
  for (const provider of providers)
    for (const name of provider.fromCookies) add(found, cookieValue(stream.requestHeaders, name), provider, 'cookie', name)
  return found
}

function add(found: FoundToken[], text: string | null, provider: ProviderConfig, kind: FoundToken['place']['kind'], name: string): void {
  if (text === null) return
  for (const [i, before] of found.entries()) {
    if (before.place.kind !== kind || before.place.name !== name || before.text !== text) continue
    found[i] = { ...before, providers: [...before.providers, provider] }
    return
  }
  found.push({ text, providers: [provider], place: { kind, name } })
}

/** Takes the token out of the request, so that neither the upstream nor its logs see it. Cookies stay whole, as in Envoy. */
export function removeToken(stream: FilterStream, { place }: FoundToken): void {
  if (place.kind === 'header') stream.requestHeaders.remove(place.name)
  else if (place.kind === 'param') stream.path = withoutParameter(stream.path, place.name)
}

function queryParameter(path: string, name: string): string | null {
  const question = path.indexOf('?')
  return question < 0 ? null : new URLSearchParams(path.slice(question + 1)).get(name)
}

function withoutParameter(path: string, name: string): string {
  const question = path.indexOf('?')
  if (question < 0) return path
  const rest = path
    .slice(question + 1)
    .split('&')
    .filter(pair => pair !== name && !pair.startsWith(`${name}=`))
  return rest.length === 0 ? path.slice(0, question) : `${path.slice(0, question)}?${rest.join('&')}`
}
