import type { Matcher, MatcherInput } from '../../model/matcher.ts'
import { type Choose, compileMatcher, type ReadInput } from '../../route/compile-matcher.ts'
import {
  type ConnectionView,
  isPeerInput,
  isRequestInput,
  readConnectionInput,
  readPeerInput,
  readRequestInput,
} from '../../route/matcher-inputs.ts'
import type { RbacSubject } from './compile.ts'
import type { RbacDecider, RbacDecision } from './decision.ts'
import type { RbacRules } from './rules.ts'

/** `envoy.config.rbac.v3.Action` */
export interface RbacMatcherAction {
  readonly name: string
  readonly action: RbacRules['action']
}

const NO_MATCH: RbacDecision = { allowed: false, policy: null, logHint: null }

/** Rules as a matcher: who is led to no action is denied. */
export class RbacMatcherEngine implements RbacDecider {
  private readonly choose: Choose<RbacSubject, RbacDecision>

  constructor(matcher: Matcher<RbacMatcherAction>) {
    const logs = hasLogAction(matcher)
    this.choose = compileMatcher(matcher, {
      compileInput,
      compileAction: ({ name, action }) => ({ allowed: action !== 'deny', policy: name, logHint: logs ? action === 'log' : null }),
    })
  }

  decide(subject: RbacSubject): RbacDecision {
    return this.choose(subject) ?? NO_MATCH
  }
}

/** Where one action says that a request is to be logged, all others say that it is not. */
function hasLogAction(matcher: Matcher<RbacMatcherAction>): boolean {
  const outcomes =
    matcher.kind === 'list'
      ? matcher.fields.map(({ outcome }) => outcome)
      : matcher.kind === 'tree'
        ? [...matcher.map.values()]
        : matcher.ranges.map(({ outcome }) => outcome)
  return [...outcomes, ...(matcher.otherwise === null ? [] : [matcher.otherwise])].some(outcome =>
    outcome.kind === 'action' ? outcome.action.action === 'log' : hasLogAction(outcome.matcher),
  )
}

function compileInput(input: MatcherInput): ReadInput<RbacSubject> {
  if (isRequestInput(input)) return readRequestInput(input)
  if (isPeerInput(input)) {
    const read = readPeerInput(input)
    return ({ connection: { peer } }) => (peer === null ? null : read(peer))
  }
  const read = readConnectionInput(input)
  return subject => read(new ConnectionOf(subject))
}

/** The client's address is the one that the request is said to come from. */
class ConnectionOf implements ConnectionView {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly directRemoteAddress: string
  readonly serverName: string
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[] = []

  constructor({ connection, remoteAddress }: RbacSubject) {
    this.localAddress = connection.localAddress
    this.localPort = connection.localPort
    this.remoteAddress = remoteAddress
    this.remotePort = connection.remotePort
    this.directRemoteAddress = connection.directRemoteAddress
    this.serverName = connection.requestedServerName
    this.transportProtocol = connection.isTls ? 'tls' : 'raw_buffer'
  }
}
