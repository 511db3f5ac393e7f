import type { FilterStream } from '../filter.ts'
import { extractTokens, type FoundToken } from './extract-tokens.ts'
import type { Jwt, JwtProblem } from './jwt.ts'
import type { KeySet } from './key-set.ts'
import { ISSUER_PROBLEM, type RunningProvider } from './running-provider.ts'
import type { ProviderConfig, Requirement } from './provider.ts'
import type { TokenCutter } from './token-cutter.ts'

export const MISSING = 'Jwt is missing'

/** A token that met its provider's demands. */
export interface AcceptedToken {
  readonly provider: RunningProvider
  readonly token: FoundToken
  readonly jwt: Jwt
}

/** What all checks of one filter need. */
export interface CheckMeans {
  readonly providers: ReadonlyMap<string, RunningProvider>
  readonly providerConfigs: readonly ProviderConfig[]
  readonly cutter: TokenCutter
}

/** What the check of one request needs, and what it finds. */
export class CheckContext {
  readonly stream: FilterStream
  readonly means: CheckMeans
  readonly nowSeconds: number
  readonly accepted: AcceptedToken[] = []
  /** By provider, of tokens that were refused; null: none. */
  refused: Map<ProviderConfig, JwtProblem> | null = null
  /** The check needs these keys: it stops, and is done again when they are known. */
  awaiting: RunningProvider | null = null
  /** Keys that could not be had for this request; null: none. */
  readonly unavailable: ReadonlyMap<RunningProvider, string> | null

  constructor(stream: FilterStream, means: CheckMeans, nowSeconds: number, unavailable: ReadonlyMap<RunningProvider, string> | null) {
    this.stream = stream
    this.means = means
    this.nowSeconds = nowSeconds
    this.unavailable = unavailable
  }

  provider(name: string): RunningProvider | null {
    return this.means.providers.get(name) ?? null
  }

  /** An earlier provider of the requirement has accepted the token and does not pass it on. */
  hasTaken({ place }: FoundToken): boolean {
    return this.accepted.some(
      ({ provider, token }) => !provider.config.forwards && token.place.kind === place.kind && token.place.name === place.name,
    )
  }

  get allProviders(): readonly ProviderConfig[] {
    return this.means.providerConfigs
  }

  refuse(provider: ProviderConfig, problem: JwtProblem): void {
    this.refused ??= new Map()
    this.refused.set(provider, problem)
  }
}

/** null: met. A problem otherwise; meaningless while `context.awaiting` is set. */
export function checkRequirement(requirement: Requirement, context: CheckContext): JwtProblem | null {
  switch (requirement.kind) {
    case 'none':
      return null
    case 'provider': {
      const provider = context.provider(requirement.provider)
      return provider === null ? ISSUER_PROBLEM : checkProvider(provider.alone, requirement.audiences, false, context)
    }
    case 'all':
      return checkAll(requirement.of, context)
    case 'any':
      return checkAny(requirement.of, context)
    case 'allow-missing':
      return allowMissing(context.allProviders, context)
    case 'allow-missing-or-failed':
      checkProvider(context.allProviders, null, true, context)
      return null
  }
}

function checkAll(requirements: readonly Requirement[], context: CheckContext): JwtProblem | null {
  for (const requirement of requirements) {
    const problem = checkRequirement(requirement, context)
    if (context.awaiting !== null || problem !== null) return problem
  }
  return null
}

/** The last problem is told, but a token that is there and wrong says more than one that is missing. */
function checkAny(requirements: readonly Requirement[], context: CheckContext): JwtProblem | null {
  const siblings = requirements.flatMap(inner => (inner.kind === 'provider' ? (context.provider(inner.provider)?.config ?? []) : []))
  let told: JwtProblem = MISSING
  for (const requirement of requirements) {
    const problem = checkOne(requirement, siblings, context)
    if (context.awaiting !== null || problem === null) return problem
    if ((problem !== MISSING && problem !== ISSUER_PROBLEM) || told === MISSING) told = problem
  }
  return told
}

/** Within a list, what may be missing or fail are the tokens of the list's providers. */
function checkOne(requirement: Requirement, siblings: readonly ProviderConfig[], context: CheckContext): JwtProblem | null {
  if (siblings.length === 0) return checkRequirement(requirement, context)
  if (requirement.kind === 'allow-missing') return allowMissing(siblings, context)
  if (requirement.kind !== 'allow-missing-or-failed') return checkRequirement(requirement, context)
  checkProvider(siblings, null, true, context)
  return null
}

function allowMissing(providers: readonly ProviderConfig[], context: CheckContext): JwtProblem | null {
  const problem = checkProvider(providers, null, true, context)
  return problem === MISSING ? null : problem
}

/**
 * Tokens at the places of these providers, the last first. Each must be right; where tokens may be missing or wrong (`lenient`)
 * all are looked at, and the last word is that on the first of them.
 */
function checkProvider(
  providers: readonly ProviderConfig[],
  audiences: readonly string[] | null,
  lenient: boolean,
  context: CheckContext,
): JwtProblem | null {
  let problem: JwtProblem | null = MISSING
  const tokens = extractTokens(context.stream, providers, context.means.cutter).filter(token => !context.hasTaken(token))
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i]
    if (token !== undefined) problem = checkToken(token, audiences, context)
    if (context.awaiting !== null || (problem !== null && !lenient)) return problem
  }
  return problem
}

function checkToken(token: FoundToken, audiences: readonly string[] | null, context: CheckContext): JwtProblem | null {
  let problem: JwtProblem = ISSUER_PROBLEM
  for (const config of token.providers) {
    const provider = context.provider(config.name)
    if (provider === null) continue
    const jwt = provider.read(token.text)
    const found = typeof jwt === 'string' ? jwt : checkParsed(provider, token, jwt, audiences, context)
    if (context.awaiting !== null || found === null) return found
    context.refuse(config, found)
    if (found !== ISSUER_PROBLEM) problem = found
  }
  return problem
}

function checkParsed(
  provider: RunningProvider,
  token: FoundToken,
  jwt: Jwt,
  audiences: readonly string[] | null,
  context: CheckContext,
): JwtProblem | null {
  const claims = provider.checkClaims(jwt, audiences, context.nowSeconds)
  if (claims !== null) return claims
  const keys: KeySet | string | null = context.unavailable?.get(provider) ?? provider.keys.now()
  if (keys === null) {
    context.awaiting = provider
    return MISSING
  }
  if (typeof keys === 'string') return keys
  const problem = provider.checkSignature(token.text, jwt, keys)
  if (problem === null) context.accepted.push({ provider, token, jwt })
  return problem
}
