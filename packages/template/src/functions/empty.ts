import { TemplateFault } from '../engine/template-error.ts'
import { describe, isList, isNil, isTrue } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'

/** Functions that decide whether a value is there. */
export const EMPTINESS: Readonly<Record<string, TemplateFunction>> = {
  default: (fallback, ...given) => (isTrue(given[0]) ? given[0] : fallback),
  empty: value => !isTrue(value),
  coalesce: (...values) => values.find(isTrue),
  all: (...values) => values.every(isTrue),
  any: (...values) => values.some(isTrue),
  ternary: (yes, no, decides) => {
    if (typeof decides === 'boolean') return decides ? yes : no
    throw new TemplateFault(`expected bool; got ${describe(decides)}`, 'decide by a condition: eq .a "b" | ternary 1 2')
  },
  compact: list => (isList(list) ? list.filter(isTrue) : []),
  required: (message, value) => {
    if (!isNil(value) && value !== '') return value
    throw new TemplateFault(String(message), 'set the value that the message names')
  },
  fail: message => {
    throw new TemplateFault(String(message), 'the template refuses these values itself; change what it names')
  },
}
