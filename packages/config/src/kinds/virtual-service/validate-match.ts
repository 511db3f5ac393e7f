import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isDnsLabel } from '../rules/hostname.ts'
import { checkGatewayName, checkSelector } from '../rules/naming.ts'
import { checkPort } from '../rules/network.ts'
import { checkRegex } from '../rules/regex.ts'
import type { StringMatch } from '../shape/networking.ts'
import type { HttpMatch } from './type.ts'

export function validateHttpMatch(path: string, match: HttpMatch): readonly Violation[] {
  return [
    // Only a path may begin with nothing.
    ...(match.uri?.kind === 'prefix' && match.uri.value === '' ? [] : checkMatch(joinPath(path, 'uri'), match.uri)),
    ...(['scheme', 'method', 'authority'] as const).flatMap(name => checkMatch(joinPath(path, name), match[name])),
    ...validateHeaderMatches(`${path}.headers`, match.headers),
    // There the expression '*' means that the header is present, as in Istio.
    ...validateHeaderMatches(`${path}.withoutHeaders`, match.withoutHeaders, '*'),
    ...validateQueryParams(`${path}.queryParams`, match.queryParams),
    ...(match.port === undefined || match.port === 0 ? [] : checkPort(`${path}.port`, match.port)),
    ...checkSelector(`${path}.sourceLabels`, match.sourceLabels),
    ...checkNamespace(`${path}.sourceNamespace`, match.sourceNamespace),
    ...match.gateways.flatMap((name, i) => checkGatewayName(`${path}.gateways[${i}]`, name)),
  ]
}

export function checkNamespace(path: string, namespace: string | undefined): readonly Violation[] {
  if (namespace === undefined || namespace === '' || isDnsLabel(namespace)) return []
  return [violation(path, 'bad-namespace', `'${namespace}' is not the name of a namespace`)]
}

function checkMatch(path: string, match: StringMatch | undefined): readonly Violation[] {
  if (match?.kind === 'prefix' && match.value === '') return [violation(`${path}.prefix`, 'empty', 'must not be empty')]
  return match?.kind === 'regex' ? checkRegex(`${path}.regex`, match.value) : []
}

function validateHeaderMatches(path: string, matches: Readonly<Record<string, StringMatch>>, present?: string): readonly Violation[] {
  return Object.entries(matches).flatMap(([name, match]) => [
    ...checkHeaderName(path, name),
    ...(match.kind === 'regex' && match.value === present ? [] : checkMatch(joinPath(path, name), match)),
  ])
}

function validateQueryParams(path: string, matches: Readonly<Record<string, StringMatch>>): readonly Violation[] {
  return Object.entries(matches).flatMap(([name, match]) => {
    const nameless = name === '' ? [violation(path, 'bad-name', 'the name of a parameter must not be empty')] : []
    return [...nameless, ...checkMatch(joinPath(path, name), match)]
  })
}

/** Today's Istio only asks that there is a name; header names are compared without case. */
export function checkHeaderName(path: string, name: string): readonly Violation[] {
  return name === '' ? [violation(path, 'bad-header', 'the name of a header must not be empty')] : []
}
