import { RE2JS } from 're2js'
import type { PathMatch, RegexRewrite, RouteConfig } from '../model/route.ts'
import { parsePathTemplate, parseTemplateRewrite } from './path-template.ts'

/** Gives the path to send, from the path with query that came. */
export type PathRewrite = (path: string) => string

export function compilePathRewrite({ action, match }: RouteConfig): PathRewrite | null {
  if (action.kind !== 'route') return null
  if (action.regexRewrite !== null) return regexPathRewrite(action.regexRewrite)
  if (action.templateRewrite !== null) return templateRewrite(match.path, action.templateRewrite)
  return action.prefixRewrite === null ? null : prefixRewrite(match.path, action.prefixRewrite)
}

/** Replaces what the match covers: a prefix, or the whole path where that is not a fixed text. */
export function prefixRewrite(match: PathMatch, replacement: string): PathRewrite {
  if (match.kind === 'regex' || match.kind === 'template' || match.kind === 'connect') return path => replacement + queryOf(path)
  const { length } = match.value
  return path => replacement + path.slice(length)
}

/** Every match in the path without query is replaced. */
export function regexPathRewrite(rewrite: RegexRewrite): PathRewrite {
  const replace = compileSubstitution(rewrite)
  return path => {
    const query = queryOf(path)
    return replace(path.slice(0, path.length - query.length)) + query
  }
}

/** `RegexMatchAndSubstitute`: `\1` in the substitution is the first group. A pattern that does not compile changes nothing. */
export function compileSubstitution({ pattern, substitution }: RegexRewrite): (text: string) => string {
  try {
    const compiled = RE2JS.compile(pattern)
    const replacement = substitution.replaceAll(/\\(.)|\$/gs, (_, escaped: string | undefined) => replacementPart(escaped))
    return text => compiled.matcher(text).replaceAll(replacement)
  } catch {
    return text => text
  }
}

/** The same in the notation of the library: `$1` is a group, `$&` all of the match, `$$` a dollar. */
function replacementPart(escaped: string | undefined): string {
  if (escaped === undefined || escaped === '$') return '$$'
  if (escaped === '0') return '$&'
  return /\d/.test(escaped) ? `$${escaped}` : escaped
}

function templateRewrite(match: PathMatch, rewrite: string): PathRewrite | null {
  const template = match.kind === 'template' ? parsePathTemplate(match.value) : null
  if (template?.kind !== 'ok') return null
  const parts = parseTemplateRewrite(rewrite, template.value.variables)
  if (parts.kind === 'err') return null
  const compiled = RE2JS.compile(template.value.regex)
  return path => {
    const query = queryOf(path)
    const matcher = compiled.matcher(path.slice(0, path.length - query.length))
    if (!matcher.matches()) return path
    return parts.value.map(part => (typeof part === 'string' ? part : (matcher.group(part + 1) ?? ''))).join('') + query
  }
}

export function queryOf(path: string): string {
  const question = path.indexOf('?')
  return question < 0 ? '' : path.slice(question)
}
