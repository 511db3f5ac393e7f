import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { headerNameProblem, isHostHeader } from '../rules/header-change.ts'
import { checkHeaderName } from './validate-match.ts'
import type { HeaderOperations, HttpRoute } from './type.ts'

export function validateHeaderOperations(path: string, { request, response }: HeaderOperations): readonly Violation[] {
  return [
    ...changes(`${path}.request.set`, request.set, true),
    ...changes(`${path}.request.add`, request.add, true),
    ...removals(`${path}.request.remove`, request.remove),
    ...changes(`${path}.response.set`, response.set, false),
    ...changes(`${path}.response.add`, response.add, false),
    ...removals(`${path}.response.remove`, response.remove),
  ]
}

/** Names and values to set or add. Only requests have a host. */
export function changes(path: string, headers: Readonly<Record<string, string>>, withHost: boolean): readonly Violation[] {
  return Object.entries(headers).flatMap(([name, value]) => [
    ...checkHeaderName(path, name),
    ...(withHost && isHostHeader(name) ? [] : special(joinPath(path, name), name)),
    ...checkPercentSigns(joinPath(path, name), value),
  ])
}

export function removals(path: string, names: readonly string[]): readonly Violation[] {
  return names.flatMap((name, i) => [...checkHeaderName(`${path}[${i}]`, name), ...special(`${path}[${i}]`, name)])
}

function special(path: string, name: string): readonly Violation[] {
  if (!isHostHeader(name) && !name.startsWith(':')) return []
  return [violation(path, 'bad-header', headerNameProblem(name) ?? '')]
}

function checkPercentSigns(path: string, value: string): readonly Violation[] {
  const count = value.split('%').length - 1
  if (count % 2 === 0) return []
  return [violation(path, 'bad-format', `a single % in '${value}'`, 'write %% for a percent sign, or close %NAME%')]
}

/** The host may be given in one place of a route only. */
export function validateHostChanges(path: string, { rewrite, headers }: HttpRoute): readonly Violation[] {
  const { set, add } = headers.request
  const given = [
    rewrite?.authority ?? '',
    ...[set, add].flatMap(each => Object.entries(each).map(([name, to]) => (isHostHeader(name) ? to : ''))),
  ]
  return given.filter(host => host !== '').length > 1
    ? [violation(path, 'two-hosts', `the host is rewritten more than once: ${given.filter(host => host !== '').join(', ')}`)]
    : []
}
