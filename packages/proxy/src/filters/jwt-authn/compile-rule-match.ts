import type { RouteMatch } from '../../model/route.ts'
import { compileHeaderMatch, compileQueryMatch, type RequestPredicate } from '../../route/match-header.ts'
import { compilePathMatch } from '../../route/match-path.ts'

/** A rule's match over a request: path without query, headers, parameters (`RequirementRule.match`). */
export function compileRuleMatch(match: RouteMatch): RequestPredicate {
  const path = compilePathMatch(match.path, match.caseSensitive)
  const conditions = [...match.headers.map(compileHeaderMatch), ...match.queryParameters.map(compileQueryMatch)]
  return request => {
    const question = request.path.indexOf('?')
    if (!path(question < 0 ? request.path : request.path.slice(0, question))) return false
    for (let i = 0; i < conditions.length; i++) if (conditions[i]?.(request) === false) return false
    return true
  }
}
