import type { Slot } from '@meshwork/core/metrics'
import type { RequestPredicate } from '../../route/match-header.ts'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  PAUSE,
  REPLIED,
} from '../filter.ts'
import { applyAccepted, tellRefused } from './apply.ts'
import { CheckContext, type CheckMeans, checkRequirement, MISSING } from './check.ts'
import type { KeySet } from './key-set.ts'
import type { ProviderConfig, Requirement } from './provider.ts'
import { AUDIENCE_PROBLEM, RunningProvider } from './running-provider.ts'
import { TokenCutter } from './token-cutter.ts'

export interface JwtAuthnFields {
  readonly providers: readonly ProviderConfig[]
  /** The first that matches says what a request needs; none: nothing. */
  readonly rules: readonly { readonly matches: RequestPredicate; readonly requirement: Requirement }[]
  /** For routes, by name. */
  readonly requirements: ReadonlyMap<string, Requirement>
  readonly bypassesPreflight: boolean
  /** Refusals say nothing but their status. */
  readonly stripsFailures: boolean
}

/** Of a route. */
export class JwtRouteSettings {
  readonly requirementName: string

  constructor(requirementName: string) {
    this.requirementName = requirementName
  }
}

export function jwtAuthnBlueprint(fields: JwtAuthnFields): FilterBlueprint {
  return { name: 'envoy.filters.http.jwt_authn', compile: deps => new JwtAuthnFilter(fields, deps) }
}

/** Keys that could not be had, and why; null: none are missing. */
type Unavailable = ReadonlyMap<RunningProvider, string> | null

/** One request that waits for keys. */
class WaitingRequest {
  readonly provider: RunningProvider
  readonly tell: (keys: KeySet | string) => void

  constructor(provider: RunningProvider, tell: (keys: KeySet | string) => void) {
    this.provider = provider
    this.tell = tell
  }
}

/** `envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication` */
class JwtAuthnFilter implements HttpFilter {
  private readonly fields: JwtAuthnFields
  private readonly deps: FilterDeps
  private readonly means: CheckMeans
  /** Headers that only this filter may set. */
  private readonly ownHeaders: readonly string[]
  private readonly allowed: Slot
  private readonly denied: Slot

  constructor(fields: JwtAuthnFields, deps: FilterDeps) {
    this.fields = fields
    this.deps = deps
    const providers = new Map(fields.providers.map(config => [config.name, new RunningProvider(config, deps)]))
    this.means = { providers, providerConfigs: fields.providers, cutter: new TokenCutter() }
    this.ownHeaders = fields.providers.flatMap(({ payloadHeader, claimHeaders }) => [
      ...(payloadHeader === '' ? [] : [payloadHeader]),
      ...claimHeaders.map(({ header }) => header),
    ])
    this.allowed = deps.stats.counter('jwt_authn.allowed')
    this.denied = deps.stats.counter('jwt_authn.denied')
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    for (const name of this.ownHeaders) stream.requestHeaders.remove(name)
    if (this.fields.bypassesPreflight && isPreflight(stream)) return CONTINUE
    const requirement = this.requirementOf(stream)
    if (requirement === undefined) {
      return this.refuseName(stream)
    }
    if (requirement === null || requirement.kind === 'none') return CONTINUE
    return this.check(stream, requirement, null)
  }

  onComplete(stream: FilterStream): void {
    const waiting = stream.state(this.deps.slot)
    if (waiting instanceof WaitingRequest) waiting.provider.keys.forget(waiting.tell)
  }

  /** null: nothing is needed; undefined: the route names what is not there. */
  private requirementOf(stream: FilterStream): Requirement | null | undefined {
    const settings = stream.settings(this.deps.slot)
    if (settings instanceof JwtRouteSettings) return this.fields.requirements.get(settings.requirementName)
    for (const { matches, requirement } of this.fields.rules) if (matches(stream)) return requirement
    return null
  }

  private check(stream: FilterStream, requirement: Requirement, unavailable: Unavailable): FilterStatus {
    const context = new CheckContext(stream, this.means, Math.floor(this.deps.clock.now() / 1000), unavailable)
    const problem = checkRequirement(requirement, context)
    if (context.awaiting !== null) {
      this.await(stream, requirement, context.awaiting, unavailable)
      return PAUSE
    }
    tellRefused(stream, context.refused)
    if (problem !== null) return this.refuse(stream, problem)
    this.deps.stats.registry.add(this.allowed, 1)
    applyAccepted(stream, context.accepted)
    return CONTINUE
  }

  private await(stream: FilterStream, requirement: Requirement, provider: RunningProvider, unavailable: Unavailable): void {
    let inside = true
    const tell = (keys: KeySet | string): void => {
      stream.setState(this.deps.slot, null)
      const known = typeof keys === 'string' ? new Map([...(unavailable ?? []), [provider, keys] as const]) : unavailable
      const again = (): void => {
        if (this.check(stream, requirement, known) === CONTINUE) stream.resumeRequest(this.deps.slot)
      }
      // A fetch that fails at once is told of before the request is paused.
      if (inside) setImmediate(again)
      else again()
    }
    stream.setState(this.deps.slot, new WaitingRequest(provider, tell))
    provider.keys.whenKnown(tell)
    inside = false
  }

  /** The route asks for a requirement that the filter does not have. */
  private refuseName(stream: FilterStream): FilterStatus {
    const settings = stream.settings(this.deps.slot)
    const wanted = settings instanceof JwtRouteSettings ? settings.requirementName : ''
    const problem = `Wrong requirement_name: ${wanted}. It should be one of [${[...this.fields.requirements.keys()].join(',')}]`
    const details = `jwt_authn_access_denied{${problem.replaceAll(' ', '_')}}`
    stream.reply(403, `Failed JWT authentication: ${problem}`, 0, details)
    return REPLIED
  }

  private refuse(stream: FilterStream, problem: string): FilterStatus {
    this.deps.stats.registry.add(this.denied, 1)
    const status = problem === AUDIENCE_PROBLEM ? 403 : 401
    const silent = this.fields.stripsFailures
    const headers = silent ? [] : [['www-authenticate', challenge(stream, problem)] as const]
    stream.reply(status, silent ? '' : problem, 0, `jwt_authn_access_denied{${problem.replaceAll(' ', '_')}}`, headers)
    return REPLIED
  }
}

const MAX_REALM = 256

/** RFC 6750 section 3. */
function challenge({ scheme, authority, path }: FilterStream, problem: string): string {
  const realm = `${scheme}://${authority}${path}`.slice(0, MAX_REALM).replaceAll('"', '%22')
  return `Bearer realm="${realm}"${problem === MISSING ? '' : ', error="invalid_token"'}`
}

function isPreflight({ method, requestHeaders }: FilterStream): boolean {
  const asks = requestHeaders.get('access-control-request-method') ?? ''
  return method === 'OPTIONS' && asks !== '' && (requestHeaders.get('origin') ?? '') !== ''
}
