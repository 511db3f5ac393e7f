import { TemplateFault } from './template-error.ts'

/**
 * What templates compute with. A bigint is one of Go's integers, a number is a float64 (as everything that was read from
 * YAML or JSON), undefined and null are nil, functions are methods that a template may call with arguments.
 */
export type TemplateFunction = (...args: readonly unknown[]) => unknown

export type TemplateMap = Readonly<Record<string, unknown>>
export type TemplateList = readonly unknown[]

export function isList(value: unknown): value is TemplateList {
  return Array.isArray(value)
}

export function isMap(value: unknown): value is TemplateMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isNil(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

export function isFunction(value: unknown): value is TemplateFunction {
  return typeof value === 'function'
}

/** A map without inherited keys, so that `__proto__` and `constructor` are keys like all others. */
export function newMap(entries: Iterable<readonly [string, unknown]> = []): Record<string, unknown> {
  const map: Record<string, unknown> = Object.create(null)
  for (const [key, value] of entries) map[key] = value
  return map
}

/** The element of a key, or undefined; never something inherited. */
export function ownValue(map: TemplateMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** Keys in the order in which Go's templates visit a map: by code point. */
export function sortedKeys(map: TemplateMap): string[] {
  return Object.keys(map).toSorted(compareText)
}

/** Compares by code points, as Go compares UTF-8 bytes. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}

/** Go's truth, which is also the opposite of sprig's `empty`: zero, "", nil, and whatever holds nothing are false. */
export function isTrue(value: unknown): boolean {
  if (isNil(value)) return false
  if (isList(value)) return value.length > 0
  if (isMap(value)) return Object.keys(value).length > 0
  if (typeof value === 'function') return true
  return Boolean(value)
}

/** Go's name of a value's kind, as `kindOf` answers. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int64'
    case 'number':
      return 'float64'
    case 'function':
      return 'func'
    default:
      if (isList(value)) return 'slice'
      return isMap(value) ? 'map' : 'invalid'
  }
}

/** Go's name of a value's type, as `typeOf` answers. */
export function typeOf(value: unknown): string {
  const kind = kindOf(value)
  if (kind === 'slice') return '[]interface {}'
  if (kind === 'map') return 'map[string]interface {}'
  return kind === 'invalid' ? '<nil>' : kind
}

export function expectText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TemplateFault(`expected string; got ${describe(value)}`, 'convert it with toString or quote, or give it a default')
}

export function expectList(value: unknown): TemplateList {
  if (isList(value)) return value
  throw new TemplateFault(`expected a list; got ${describe(value)}`, 'give a list, for example with: list 1 2')
}

/** A map; nil is an empty one. */
export function expectMap(value: unknown): TemplateMap {
  if (isMap(value)) return value
  if (isNil(value)) return newMap()
  throw new TemplateFault(`expected a map; got ${describe(value)}`, 'give a map, for example with: dict "key" "value"')
}

/** Kind of a value for messages. */
export function describe(value: unknown): string {
  return isNil(value) ? 'nil' : kindOf(value)
}
