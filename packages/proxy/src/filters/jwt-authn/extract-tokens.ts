import { cookieValue } from '../cookies.ts'
import type { FilterStream } from '../filter.ts'
import type { ProviderConfig } from './provider.ts'

/** A token and where it was found. */
export interface FoundToken {
  readonly text: string
  /** The providers that look there. */
  readonly providers: readonly ProviderConfig[]
  readonly place: { readonly kind: 'header' | 'param' | 'cookie'; readonly name: string }
}

/** The tokens of a request at the places where these providers look: headers first, then parameters, then cookies. */
export function extractTokens(stream: FilterStream, providers: readonly ProviderConfig[]): readonly FoundToken[] {
  const found: FoundToken[] = []
  const add = (text: string | null, provider: ProviderConfig, place: FoundToken['place']): void => {
    if (text === null) return
    const known = found.findIndex(token => token.place.kind === place.kind && token.place.name === place.name && token.text === text)
    const before = found[known]
    if (before === undefined) found.push({ text, providers: [provider], place })
    else found[known] = { ...before, providers: [...before.providers, provider] }
  }
  for (const provider of providers)
    for (const { name, prefix } of provider.fromHeaders)
      add(tokenAfter(stream.requestHeaders.getJoined(name), prefix), provider, { kind: 'header', name })
  for (const provider of providers)
    for (const name of provider.fromParams) add(queryParameter(stream.path, name), provider, { kind: 'param', name })
  for (const provider of providers)
    for (const name of provider.fromCookies) add(cookieValue(stream.requestHeaders, name), provider, { kind: 'cookie', name })
  return found
}

/** Takes the token out of the request, so that neither the upstream nor its logs see it. */
export function removeToken(stream: FilterStream, { place }: FoundToken): void {
  if (place.kind === 'header') stream.requestHeaders.remove(place.name)
  else if (place.kind === 'param') stream.path = withoutParameter(stream.path, place.name)
  else removeCookie(stream, place.name)
}

/** What may stand in a compact token. */
const TOKEN = /^[A-Za-z0-9_\-.=]*/

function tokenAfter(value: string | null, prefix: string): string | null {
  if (value === null) return null
  const at = value.indexOf(prefix)
  return at < 0 ? null : (TOKEN.exec(value.slice(at + prefix.length).trimStart())?.[0] ?? '')
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

function removeCookie({ requestHeaders }: FilterStream, name: string): void {
  const rest = (requestHeaders.getJoined('cookie') ?? '')
    .split(/[;,]/)
    .map(pair => pair.trim())
    .filter(pair => pair !== '' && !pair.startsWith(`${name}=`))
  if (rest.length === 0) requestHeaders.remove('cookie')
  else requestHeaders.set('cookie', rest.join('; '))
}
