import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { StringValue } from '@meshwork/protos/google/protobuf/wrappers'
import type { Matcher, MatcherInput } from '../model/matcher.ts'
import { decodeMatcher } from './matcher.ts'
import type { Report } from './report.ts'
import { unpack } from './unpack.ts'

const STRING_VALUE = 'type.googleapis.com/google.protobuf.StringValue'

/** What is known of a connection before its filter chain is chosen. */
const INPUTS: ReadonlySet<MatcherInput['kind']> = new Set<MatcherInput['kind']>([
  'destination-ip',
  'destination-port',
  'source-ip',
  'source-port',
  'direct-source-ip',
  'source-type',
  'server-name',
  'transport-protocol',
  'application-protocols',
])

/** `Listener.filter_chain_matcher`: leads to the names of filter chains. null: not set. */
export function decodeChainMatcher({ filterChainMatcher, filterChains }: Listener, report: Report): Matcher<string> | null {
  if (filterChainMatcher === undefined) return null
  const names = new Set<string>()
  for (const [i, { name, filterChainMatch }] of filterChains.entries()) {
    const at = report.at('filter_chains', i)
    if (name === '') at.at('name').refuse('required', 'must be set beside filter_chain_matcher')
    else if (names.has(name)) at.at('name').refuse('duplicate', `'${name}' is the name of an earlier filter chain`)
    if (filterChainMatch !== undefined) at.at('filter_chain_match').refuse('two-ways', 'must not stand beside filter_chain_matcher')
    names.add(name)
  }
  const decodeAction = (config: Any | undefined, at: Report): string | null => unpack(config, STRING_VALUE, StringValue, at)?.value ?? null
  return decodeMatcher(filterChainMatcher, { inputs: INPUTS, decodeAction }, report.at('filter_chain_matcher'))
}
