import { RE2JS } from 're2js'
import type { RouteConfig } from '../model/route.ts'

/** Gives the path to send, from the path with query that came. */
export type PathRewrite = (path: string) => string

export function compilePathRewrite(config: RouteConfig): PathRewrite | null {
  const { action, match } = config
  if (action.kind !== 'route') return null
  if (action.regexRewrite !== null) return regexRewrite(action.regexRewrite.pattern, action.regexRewrite.substitution)
  if (action.prefixRewrite === null) return null
  const replacement = action.prefixRewrite
  // A regex match has no prefix: the whole path is replaced, as Envoy does.
  if (match.path.kind === 'regex') return path => replacement + queryOf(path)
  const { length } = match.path.value
  return path => replacement + path.slice(length)
}

function queryOf(path: string): string {
  const question = path.indexOf('?')
  return question < 0 ? '' : path.slice(question)
}

/** RE2 over the path without query; `\1` in the substitution is the first group. */
function regexRewrite(pattern: string, substitution: string): PathRewrite | null {
  try {
    const compiled = RE2JS.compile(pattern)
    const replacement = substitution.replaceAll('$', '\\$').replaceAll(/\\(\d)/g, '$$$1')
    return path => {
      const query = queryOf(path)
      return compiled.matcher(path.slice(0, path.length - query.length)).replaceAll(replacement) + query
    }
  } catch {
    return null
  }
}
