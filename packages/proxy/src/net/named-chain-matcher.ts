import type { Matcher, MatcherInput } from '../model/matcher.ts'
import { type Choose, compileMatcher, type ReadInput } from '../route/compile-matcher.ts'
import { isPeerInput, isRequestInput, readConnectionInput } from '../route/matcher-inputs.ts'
import type { ConnectionSigns } from './match-filter-chain.ts'

/** Chooses the filter chain of a connection. */
export interface ChainChooser<T> {
  /** null: none will have it. */
  choose(signs: ConnectionSigns): T | null
}

/** What a name stands for; null: no filter chain has it. */
interface Named<T> {
  readonly chain: T | null
}

/**
 * `Listener.filter_chain_matcher`: a matcher leads to the name of a filter chain. Where it leads nowhere the default chain has the
 * connection; a name that no chain has is nobody's.
 */
export class NamedChainMatcher<T> implements ChainChooser<T> {
  private readonly find: Choose<ConnectionSigns, Named<T>>
  private readonly fallback: T | null

  constructor(
    matcher: Matcher<string>,
    chains: readonly { readonly config: { readonly name: string }; readonly value: T }[],
    fallback: T | null,
  ) {
    const byName = new Map(chains.map(({ config, value }) => [config.name, value]))
    this.find = compileMatcher(matcher, { compileInput, compileAction: name => ({ chain: byName.get(name) ?? null }) })
    this.fallback = fallback
  }

  choose(signs: ConnectionSigns): T | null {
    const found = this.find(signs)
    return found === null ? this.fallback : found.chain
  }
}

/** Others are refused when decoded. */
function compileInput(input: MatcherInput): ReadInput<ConnectionSigns> {
  return isRequestInput(input) || isPeerInput(input) ? () => null : readConnectionInput(input)
}
