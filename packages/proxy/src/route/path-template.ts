import { err, ok, type Result } from '@meshwork/core/result'

/** A URI template (`envoy.extensions.path.match.uri_template`) as an RE2 expression and the names of its groups, in order. */
export interface PathTemplate {
  readonly regex: string
  readonly variables: readonly string[]
}

/** One segment; what RFC 3986 section 3.3 allows in it, without `*`. */
const SEGMENT = "[A-Za-z0-9\\-._~%!$&'()+,;:@=]"
const MAX_LENGTH = 255
const MAX_VARIABLES = 5
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,15}$/
const PIECE = /\{([^{}]*)\}|\*\*|\*|[^{}*]+/gy
const LITERAL = /^[A-Za-z0-9\-._~%!$&'()+,;:@=/]*$/

/** `*` is one segment, `**` the rest, `{name}`, `{name=*}`, `{name=**}` and `{name=a/*}` the same with a name. */
export function parsePathTemplate(template: string): Result<PathTemplate, string> {
  if (!template.startsWith('/')) return err('must begin with /')
  if (template.length > MAX_LENGTH) return err(`must have at most ${MAX_LENGTH} characters`)
  const variables: string[] = []
  let regex = ''
  let end = 0
  for (const match of template.matchAll(PIECE)) {
    if (match.index !== end) break
    end += match[0].length
    const piece = match[1] === undefined ? patternOf(match[0]) : variable(match[1], variables)
    if (piece.kind === 'err') return piece
    regex += piece.value
  }
  if (end !== template.length) return err(`has no meaning from character ${end} on`)
  if (/\*\*.*\*/.test(template.replaceAll(/\{[^{}=]*\}/g, '*'))) return err('must have nothing variable after **')
  return ok({ regex, variables })
}

function variable(text: string, variables: string[]): Result<string, string> {
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  if (!NAME.test(name)) return err(`'${name}' is not a name of a variable`)
  if (variables.includes(name)) return err(`variable '${name}' is there twice`)
  if (variables.length >= MAX_VARIABLES) return err(`must have at most ${MAX_VARIABLES} variables`)
  variables.push(name)
  const pattern = patternOf(equals < 0 ? '*' : text.slice(equals + 1))
  return pattern.kind === 'ok' ? ok(`(${pattern.value})`) : pattern
}

/** Literal text with `*` and `**`. */
function patternOf(text: string): Result<string, string> {
  if (text === '') return err('must not have an empty variable')
  let regex = ''
  for (const part of text.split(/(\*\*|\*)/)) {
    if (part === '**') regex += `(?:${SEGMENT}|/)*`
    else if (part === '*') regex += `${SEGMENT}+`
    else if (LITERAL.test(part)) regex += part.replaceAll(/[.$()+]/g, String.raw`\$&`)
    else return err(`'${part}' has characters that no path has`)
  }
  return ok(regex)
}

/** `/{b}/x/{a}`: literals and indexes into the variables; an error names what the match does not have. */
export function parseTemplateRewrite(rewrite: string, variables: readonly string[]): Result<readonly (string | number)[], string> {
  if (!rewrite.startsWith('/')) return err('must begin with /')
  const parts: (string | number)[] = []
  for (const part of rewrite.split(/(\{[^{}]*\})/)) {
    if (!part.startsWith('{')) {
      if (!LITERAL.test(part)) return err(`'${part}' has characters that no path has`)
      parts.push(part)
      continue
    }
    const index = variables.indexOf(part.slice(1, -1))
    if (index < 0) return err(`'${part}' is no variable of the match`)
    parts.push(index)
  }
  return ok(parts)
}
