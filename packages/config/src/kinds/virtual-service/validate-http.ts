import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkDuration, checkDurationOrZero } from '../rules/duration.ts'
import { checkRegex } from '../rules/regex.ts'
import { checkDestination, validateWeights } from './validate-destination.ts'
import { validateFault } from './validate-fault.ts'
import { changes, removals, validateHeaderOperations, validateHostChanges } from './validate-headers.ts'
import { checkHeaderName, validateHttpMatch } from './validate-match.ts'
import { validateRetries } from './validate-retries.ts'
import type { CorsPolicy, HttpDirectResponse, HttpRedirect, HttpRewrite, HttpRoute } from './type.ts'

/** `root` routes stand in a VirtualService with hosts, `part` routes in one that others delegate to. */
export type RouteRole = 'root' | 'part'

export function validateHttpRoute(path: string, route: HttpRoute, role: RouteRole): readonly Violation[] {
  return [
    ...validateAction(path, route, role),
    ...route.match.flatMap((match, i) => validateHttpMatch(joinPath(path, `match[${i}]`), match)),
    ...validateWeights(`${path}.route`, route.route),
    ...route.route.flatMap((entry, i) => validateHeaderOperations(`${path}.route[${i}].headers`, entry.headers)),
    ...(route.redirect === undefined ? [] : validateRedirect(`${path}.redirect`, route.redirect)),
    ...(route.directResponse === undefined ? [] : validateDirectResponse(`${path}.directResponse`, route.directResponse)),
    ...(route.rewrite === undefined ? [] : validateRewrite(`${path}.rewrite`, route.rewrite)),
    ...(route.fault === undefined ? [] : validateFault(`${path}.fault`, route.fault)),
    ...(route.retries === undefined ? [] : validateRetries(`${path}.retries`, route.retries)),
    ...(route.corsPolicy === undefined ? [] : validateCors(`${path}.corsPolicy`, route.corsPolicy)),
    ...checkDurationOrZero(`${path}.timeout`, route.timeoutMs),
    ...validateMirrors(path, route),
    ...validateHeaderOperations(`${path}.headers`, route.headers),
    ...validateHostChanges(path, route),
    ...changes(`${path}.appendHeaders`, route.appendHeaders, true),
    ...removals(`${path}.removeResponseHeaders`, route.removeResponseHeaders),
  ]
}

/** Which of the four actions a route has, and what cannot stand beside each. */
function validateAction(path: string, route: HttpRoute, role: RouteRole): readonly Violation[] {
  const actions = [
    ...(route.route.length > 0 ? ['route'] : []),
    ...(route.redirect === undefined ? [] : ['redirect']),
    ...(route.directResponse === undefined ? [] : ['directResponse']),
    ...(route.delegate === undefined ? [] : ['delegate']),
  ]
  // A root that delegates may not choose destinations itself; all else is its parts' business.
  if (route.delegate !== undefined && role === 'root') return delegateConflicts(path, route)
  if (actions.length === 0) return [violation(path, 'no-action', 'one of route, redirect, directResponse and delegate is required')]
  if (actions.length > 1) return [violation(path, 'two-actions', `${actions.join(' and ')} cannot stand together`)]
  if (route.delegate !== undefined && role === 'part')
    return [violation(`${path}.delegate`, 'nested-delegate', 'a delegate cannot delegate again')]
  return actions[0] === 'route' ? [] : withoutUpstream(path, route, actions[0] ?? '')
}

function delegateConflicts(path: string, route: HttpRoute): readonly Violation[] {
  const others = [...(route.route.length > 0 ? ['route'] : []), ...(route.redirect === undefined ? [] : ['redirect'])]
  return others.length === 0 ? [] : [violation(path, 'two-actions', `${others.join(' and ')} and delegate cannot stand together`)]
}

/** Settings that only make sense if the request goes to a destination. Delegating roots may set them for their parts. */
function withoutUpstream(path: string, route: HttpRoute, action: string): readonly Violation[] {
  if (action === 'delegate') return []
  const set = [
    ...(route.rewrite === undefined ? [] : ['rewrite']),
    ...(route.fault === undefined ? [] : ['fault']),
    ...(route.websocketUpgrade ? ['websocketUpgrade'] : []),
  ]
  return set.map(name => violation(`${path}.${name}`, 'two-actions', `${name} and ${action} cannot stand together`))
}

function validateRedirect(path: string, redirect: HttpRedirect): readonly Violation[] {
  const violations: Violation[] = []
  const { uri, authority, scheme, port, derivePort, redirectCode } = redirect
  if ([uri, authority, scheme, port, derivePort].every(part => part === undefined || part === '')) {
    violations.push(violation(path, 'empty-redirect', 'must set uri, authority, scheme or port'))
  }
  if (redirectCode < 300 || redirectCode > 399)
    violations.push(violation(`${path}.redirectCode`, 'bad-status', `${redirectCode} is not a redirect status (3xx)`))
  if (scheme !== undefined && scheme !== '' && scheme !== 'http' && scheme !== 'https') {
    violations.push(violation(`${path}.scheme`, 'bad-scheme', `'${scheme}' is neither 'http' nor 'https'`))
  }
  return violations
}

/** A longer answer has no place in configuration, which every proxy holds in memory. */
const LONGEST_BODY = 1024 * 1024

function validateDirectResponse(path: string, { status, body }: HttpDirectResponse): readonly Violation[] {
  const length = body === undefined ? 0 : Buffer.byteLength(body.value)
  const tooLong = length > LONGEST_BODY ? [violation(`${path}.body`, 'too-long', `must not be longer than ${LONGEST_BODY} bytes`)] : []
  return [...validateStatus(`${path}.status`, status), ...tooLong]
}

function validateStatus(path: string, status: number): readonly Violation[] {
  return status >= 200 && status <= 599 ? [] : [violation(path, 'bad-status', `${status} is not a status from 200 to 599`)]
}

function validateRewrite(path: string, rewrite: HttpRewrite): readonly Violation[] {
  const { uri, authority, uriRegexRewrite: regex } = rewrite
  if (regex === undefined) {
    return (uri ?? '') === '' && (authority ?? '') === ''
      ? [violation(path, 'empty-rewrite', 'must set uri, authority or uriRegexRewrite')]
      : []
  }
  const violations = [...checkRegex(`${path}.uriRegexRewrite.match`, regex.match)]
  if ((uri ?? '') !== '') violations.push(violation(path, 'two-rewrites', 'only one of uri and uriRegexRewrite may be set'))
  if (regex.rewrite === '') violations.push(violation(`${path}.uriRegexRewrite.rewrite`, 'empty', 'must not be empty'))
  return violations
}

function validateMirrors(path: string, route: HttpRoute): readonly Violation[] {
  const both = route.mirror !== undefined && route.mirrors.length > 0
  return [
    ...(both ? [violation(path, 'two-mirrors', 'mirror and mirrors cannot stand together')] : []),
    ...(route.mirror === undefined ? [] : checkDestination(`${path}.mirror`, route.mirror)),
    ...checkShare(`${path}.mirrorPercentage.value`, route.mirrorPercent),
    ...route.mirrors.flatMap((mirror, i) => [
      ...checkDestination(`${path}.mirrors[${i}].destination`, mirror.destination),
      ...checkShare(`${path}.mirrors[${i}].percentage.value`, mirror.percent),
    ]),
  ]
}

function checkShare(path: string, percent: number | undefined): readonly Violation[] {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return []
  return [violation(path, 'bad-percentage', `${percent} is not a percentage from 0 to 100`)]
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'])

function validateCors(path: string, cors: CorsPolicy): readonly Violation[] {
  const wholeSeconds = cors.maxAgeMs === undefined || cors.maxAgeMs % 1000 === 0
  return [
    ...cors.allowOrigins.flatMap((origin, i) =>
      origin.kind === 'present' || origin.value === ''
        ? [violation(`${path}.allowOrigins[${i}]`, 'empty', 'must match something')]
        : origin.kind === 'regex'
          ? checkRegex(`${path}.allowOrigins[${i}].regex`, origin.value)
          : [],
    ),
    ...cors.allowMethods.flatMap((method, i) =>
      METHODS.has(method) ? [] : [violation(`${path}.allowMethods[${i}]`, 'bad-method', `'${method}' is not an HTTP method`)],
    ),
    ...cors.allowHeaders.flatMap((name, i) => checkHeaderName(`${path}.allowHeaders[${i}]`, name)),
    ...cors.exposeHeaders.flatMap((name, i) => checkHeaderName(`${path}.exposeHeaders[${i}]`, name)),
    ...checkDuration(`${path}.maxAge`, cors.maxAgeMs),
    ...(wholeSeconds ? [] : [violation(`${path}.maxAge`, 'bad-duration', 'must be whole seconds')]),
  ]
}
