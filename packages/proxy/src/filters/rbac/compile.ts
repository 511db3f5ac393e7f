import { BlockList, isIPv6 } from 'node:net'
import type { CidrRange } from '../../model/listener.ts'
import { compileHeaderMatch } from '../../route/match-header.ts'
import { compileStringMatch } from '../../route/match-string.ts'
import { compileMetadataMatch } from '../../route/match-value.ts'
import type { FilterStream } from '../filter.ts'
import type { RequestView } from '../../route/request-view.ts'
import type { Condition } from './rules.ts'

/** What rules look at: a request, or a connection before any. */
export type RbacSubject = RequestView & Pick<FilterStream, 'connection' | 'remoteAddress'>

export type RequestTest = (stream: RbacSubject) => boolean

export function compileCondition(condition: Condition): RequestTest {
  switch (condition.kind) {
    case 'any':
      return () => true
    case 'not': {
      const test = compileCondition(condition.of)
      return stream => !test(stream)
    }
    case 'and': {
      const tests = condition.of.map(compileCondition)
      return stream => {
        for (let i = 0; i < tests.length; i++) if (tests[i]?.(stream) === false) return false
        return true
      }
    }
    case 'or':
      return anyOf(condition.of)
    case 'header':
      return compileHeaderMatch(condition.match)
    case 'url-path': {
      const test = compileStringMatch(condition.match)
      return stream => test(pathOnly(stream.path))
    }
    case 'uri-template':
      return stream => condition.regex.test(pathOnly(stream.path))
    case 'metadata':
      return compileMetadataMatch(condition.match)
    default:
      return compileConnection(condition)
  }
}

export function anyOf(conditions: readonly Condition[]): RequestTest {
  const tests = conditions.map(compileCondition)
  const [only] = tests
  if (only !== undefined && tests.length === 1) return only
  return stream => {
    for (let i = 0; i < tests.length; i++) if (tests[i]?.(stream) === true) return true
    return false
  }
}

type ConnectionCondition = Extract<
  Condition,
  { kind: 'requested-server-name' | 'destination-ip' | 'destination-port' | 'source-ip' | 'authenticated' }
>

function compileConnection(condition: ConnectionCondition): RequestTest {
  switch (condition.kind) {
    case 'requested-server-name': {
      const test = compileStringMatch(condition.match)
      return ({ connection }) => test(connection.requestedServerName)
    }
    case 'destination-ip': {
      const test = compileRange(condition.range)
      return ({ connection }) => test(connection.localAddress)
    }
    case 'destination-port':
      return ({ connection }) => connection.localPort >= condition.start && connection.localPort < condition.end
    case 'source-ip': {
      const test = compileRange(condition.range)
      return condition.of === 'direct' ? stream => test(stream.connection.directRemoteAddress) : stream => test(stream.remoteAddress)
    }
    case 'authenticated': {
      if (condition.name === null) return ({ connection }) => connection.peer !== null
      const test = compileStringMatch(condition.name)
      return ({ connection }) => connection.peer !== null && principalsOf(connection.peer).some(test)
    }
  }
}

/** The names a peer may be called by: URI names, DNS names, subject (`Principal.Authenticated.principal_name`). */
export function principalsOf(peer: {
  readonly uriSans: readonly string[]
  readonly dnsSans: readonly string[]
  readonly subject: string
}): readonly string[] {
  return [...peer.uriSans, ...peer.dnsSans, peer.subject]
}

let lastPath = ''
let lastPathOnly = ''

/** The path without query. Remembered for the next policy, which asks about the same request. */
export function pathOnly(path: string): string {
  if (path !== lastPath) {
    const end = path.search(/[?#]/)
    lastPath = path
    lastPathOnly = end < 0 ? path : path.slice(0, end)
  }
  return lastPathOnly
}

function compileRange({ address, prefixLength }: CidrRange): (address: string) => boolean {
  const list = new BlockList()
  list.addSubnet(address, prefixLength, isIPv6(address) ? 'ipv6' : 'ipv4')
  return candidate => list.check(candidate, isIPv6(candidate) ? 'ipv6' : 'ipv4')
}
