import { violation, type Violation } from '@meshwork/core/result'

/** Longest expression that is taken. Envoy's own default bound is on the compiled program; this one keeps compilation cheap. */
const LONGEST = 4096
/** What RE2 does not have: look-around, back references, atomic groups, possessive quantifiers. */
const NOT_RE2 = /\(\?(?:=|!|<=|<!|>)|\\[1-9]|[*+?}]\+/

/** Whether a text is an expression of RE2, which is what proxies evaluate. */
export function checkRegex(path: string, source: string): readonly Violation[] {
  if (source === '') return [violation(path, 'bad-regex', 'an expression must not be empty')]
  if (source.length > LONGEST) return [violation(path, 'bad-regex', `an expression must not be longer than ${LONGEST} characters`)]
  const bare = source.replaceAll(/\\[^1-9]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  if (NOT_RE2.test(bare)) return [violation(path, 'bad-regex', `'${source}' uses what RE2 does not have (look-around or back references)`)]
  return compiles(asJavaScript(source)) ? [] : [violation(path, 'bad-regex', `'${source}' is not a regular expression`)]
}

/** RE2's spellings that JavaScript writes otherwise. Only for checking syntax, never for matching. */
function asJavaScript(source: string): string {
  return source
    .replaceAll(/\(\?[imsU]+(?:-[imsU]+)?\)/g, '')
    .replaceAll(/\(\?[imsU]+(?:-[imsU]+)?:/g, '(?:')
    .replaceAll('(?P<', '(?<')
}

function compiles(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}
