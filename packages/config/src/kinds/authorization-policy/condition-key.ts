import { err, ok, type Result } from '@meshwork/core/result'

/** What a condition looks at. `path` is the place inside a token's claims. */
export type ConditionKey =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'claim'; readonly path: readonly string[] }
  | { readonly kind: 'filter-metadata'; readonly filter: string; readonly key: string }
  | PlainConditionKey

const PLAIN = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
  'source.principal',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
] as const

type PlainConditionKey = { readonly [K in (typeof PLAIN)[number]]: { readonly kind: K } }[(typeof PLAIN)[number]]

const PLAIN_KEYS = Object.fromEntries(PLAIN.map(kind => [kind, { kind }])) as Readonly<Record<(typeof PLAIN)[number], PlainConditionKey>>

const FILTERS = 'experimental.envoy.filters.'

/** Reads `AuthorizationPolicy.rules.when.key`; the error says what is wrong with it. */
export function conditionKey(text: string): Result<ConditionKey, string> {
  const plain = PLAIN.find(key => key === text)
  if (plain !== undefined) return ok(PLAIN_KEYS[plain])
  const open = text.indexOf('[')
  const base = open < 0 ? text : text.slice(0, open)
  const inner = open < 0 ? undefined : bracketed(text.slice(open))
  if (base === 'request.headers' && text.startsWith('request.headers'))
    return single(inner, name => ({ kind: 'header', name: name.toLowerCase() }))
  if (base === 'request.auth.claims')
    return inner === undefined ? err('must have the form request.auth.claims[name]') : ok({ kind: 'claim', path: inner })
  if (base.startsWith(FILTERS)) {
    const filter = base.slice('experimental.'.length)
    return single(inner, key => ({ kind: 'filter-metadata', filter, key }))
  }
  return err('is no attribute that conditions know')
}

function single(inner: readonly string[] | undefined, make: (name: string) => ConditionKey): Result<ConditionKey, string> {
  const [name, ...more] = inner ?? []
  return name === undefined || more.length > 0 ? err('must have the form key[name]') : ok(make(name))
}

/** `[a][b]` as `a`, `b`; undefined if it is not of that form. */
function bracketed(text: string): readonly string[] | undefined {
  if (!/^(?:\[[^[\]]+\])+$/.test(text)) return undefined
  return text.slice(1, -1).split('][')
}
