import { TemplateFault } from './template-error.ts'
import { describe, isMap, isNil, ownValue } from './values.ts'

/** `.name` of a value: nothing for a key that a map has not, a fault for a value that can have no fields. */
export function ownField(value: unknown, name: string): unknown {
  if (isMap(value)) return ownValue(value, name)
  if (isNil(value))
    throw new TemplateFault(
      `nil pointer evaluating interface {}.${name}`,
      `set the value that ${name} belongs to, or guard it with: with ... or dig`,
    )
  throw new TemplateFault(
    `can't evaluate field ${name} in type ${describe(value)}`,
    'only maps have fields; print the value to see what it is',
  )
}
