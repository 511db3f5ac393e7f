import type { JwtRule } from '@meshwork/config/kinds'

/**
 * A key set whose one key belongs to nobody: the point on P-256 has its x from a hash (the test derives it), so its private key is
 * unknown to everyone. It stands where keys could not be had: tokens are then refused, never passed on trust.
 */
export const NOBODYS_KEYS: string = JSON.stringify({
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: 'nobody',
      x: 'A9N79vPSrR09NK1PreDyO-nWLeXakFq_cQWUdZlcyUQ',
      y: 'CPqz2wE1NSLMon7T2QUXUud5ISDwyfWSem1CeiVIh68',
    },
  ],
})

/** Where keys are to be had: the URI of the key set, or the issuer whose discovery document names it. */
export type KeyPlace = { readonly kind: 'uri'; readonly uri: string } | { readonly kind: 'issuer'; readonly issuer: string }

/** undefined for keys that the rule has in itself, and for a rule that names no place at all. */
export function keyPlace({ jwks = '', jwksUri, issuer }: JwtRule): KeyPlace | undefined {
  if (jwks !== '') return undefined
  if (jwksUri !== undefined) return { kind: 'uri', uri: jwksUri }
  return issuer === '' ? undefined : { kind: 'issuer', issuer }
}

export function keyPlaceText(place: KeyPlace): string {
  return place.kind === 'uri' ? place.uri : `issuer ${place.issuer}`
}

/** The keys of a rule: its own, or those that were fetched (by `keyPlaceText`). */
export function keysOf(rule: JwtRule, fetched: ReadonlyMap<string, string>): string {
  const place = keyPlace(rule)
  if (place !== undefined) return fetched.get(keyPlaceText(place)) ?? NOBODYS_KEYS
  return rule.jwks || NOBODYS_KEYS
}
