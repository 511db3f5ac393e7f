import { MetadataMatcher } from '@meshwork/protos/envoy/type/matcher/v3/metadata'
import type { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import type { ValueMatcher } from '@meshwork/protos/envoy/type/matcher/v3/value'

export const JWT_FILTER = 'envoy.filters.http.jwt_authn'
/** Under this key of the filter's metadata are the claims of the verified token. */
export const PAYLOAD = 'payload'

/** A claim that is the text, or a list that has it. `path`: from the outermost claim inwards. */
export function claimMatcher(path: readonly string[], match: StringMatcher, invert: boolean = false): MetadataMatcher {
  const text: ValueMatcher = { matchPattern: { $case: 'stringMatch', value: match } }
  const listed: ValueMatcher = { matchPattern: { $case: 'listMatch', value: { matchPattern: { $case: 'oneOf', value: text } } } }
  return metadataMatcher(
    JWT_FILTER,
    [PAYLOAD, ...path],
    { matchPattern: { $case: 'orMatch', value: { valueMatchers: [text, listed] } } },
    invert,
  )
}

export function metadataMatcher(filter: string, path: readonly string[], value: ValueMatcher, invert: boolean = false): MetadataMatcher {
  return MetadataMatcher.fromPartial({ filter, path: path.map(key => ({ segment: { $case: 'key', value: key } })), value, invert })
}
