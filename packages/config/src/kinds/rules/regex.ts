import { violation, type Violation } from '@meshwork/core/result'
import { RE2JS } from 're2js'

/** Longest expression that Istio takes. Envoy's own bound is on the compiled program, which is larger than the text. */
const LONGEST = 1024

/** Whether a text is an expression of RE2, which is what proxies evaluate: asked of the same library that evaluates it in ours. */
export function checkRegex(path: string, source: string): readonly Violation[] {
  if (source === '') return [violation(path, 'bad-regex', 'an expression must not be empty')]
  if (source.length > LONGEST) return [violation(path, 'bad-regex', `an expression must not be longer than ${LONGEST} characters`)]
  const problem = syntaxProblem(source)
  if (problem === undefined) return []
  return [
    violation(path, 'bad-regex', `'${source}' is not an expression of RE2: ${problem}`, 'RE2 has no look-around and no back references'),
  ]
}

function syntaxProblem(source: string): string | undefined {
  try {
    RE2JS.compile(source)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message.replace(/^error parsing regexp: /, '') : String(thrown)
  }
}

/** Whether the whole text matches an expression of RE2, as proxies decide it; an expression that is none matches nothing. */
export function matchesRegex(source: string, text: string): boolean {
  try {
    return RE2JS.compile(source).matches(text)
  } catch {
    return false
  }
}
