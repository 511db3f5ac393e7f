import { printValue } from '../engine/print.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { expectMap, expectText, isList, isMap, isNil, isTrue, newMap, ownValue, sortedKeys } from '../engine/values.ts'
import type { TemplateFunction, TemplateMap } from '../engine/values.ts'

export const MAPS: Readonly<Record<string, TemplateFunction>> = {
  dict: (...pairs) => dictionary(pairs),
  get: (map, key) => {
    const found = expectMap(map)
    return Object.hasOwn(found, expectText(key)) ? found[expectText(key)] : ''
  },
  set: (map, key, value) => {
    if (isNil(map)) throw new TemplateFault('set on nil', 'make the map first: {{ $map := dict }}')
    put(expectMap(map), expectText(key), value)
    return map
  },
  unset: (map, key) => {
    Reflect.deleteProperty(expectMap(map), expectText(key))
    return map
  },
  hasKey: (map, key) => Object.hasOwn(expectMap(map), expectText(key)),
  keys: (...maps) => maps.flatMap(map => sortedKeys(expectMap(map))),
  values: map => sortedKeys(expectMap(map)).map(key => expectMap(map)[key]),
  pluck: (key, ...maps) =>
    maps
      .map(expectMap)
      .filter(map => Object.hasOwn(map, expectText(key)))
      .map(map => map[expectText(key)]),
  pick: (map, ...keys) => newMap(Object.entries(expectMap(map)).filter(([key]) => keys.includes(key))),
  omit: (map, ...keys) => newMap(Object.entries(expectMap(map)).filter(([key]) => !keys.includes(key))),
  merge: (target, ...sources) => {
    const map = expectMap(target)
    for (const source of sources) fill(map, expectMap(source), 0)
    return map
  },
  mergeOverwrite: (target, ...sources) => {
    const map = expectMap(target)
    for (const source of sources) overwrite(map, expectMap(source), 0)
    return map
  },
  deepCopy: value => deepCopy(value),
  dig: (...args) => dig(args),
}

const MAX_DEPTH = 100

function dictionary(pairs: readonly unknown[]): Record<string, unknown> {
  const map = newMap()
  for (let index = 0; index < pairs.length; index += 2) {
    const key = pairs[index]
    map[typeof key === 'string' ? key : printValue(key)] = index + 1 < pairs.length ? pairs[index + 1] : ''
  }
  return map
}

/** Takes from `source` what `target` has not or holds empty; maps deeper down likewise. */
function fill(target: TemplateMap, source: TemplateMap, depth: number): void {
  checkDepth(depth)
  for (const key of Object.keys(source)) {
    const have = ownValue(target, key)
    const other = source[key]
    if (isMap(have) && isMap(other)) fill(have, other, depth + 1)
    else if (!isTrue(have)) put(target, key, other)
  }
}

/** Takes all of `source`; maps that both have are joined. */
function overwrite(target: TemplateMap, source: TemplateMap, depth: number): void {
  checkDepth(depth)
  for (const key of Object.keys(source)) {
    const have = ownValue(target, key)
    const other = source[key]
    if (isMap(have) && isMap(other)) overwrite(have, other, depth + 1)
    else put(target, key, other)
  }
}

function put(map: TemplateMap, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
}

/** A copy that shares no list and no map with the original. */
export function deepCopy(value: unknown, depth = 0): unknown {
  checkDepth(depth)
  if (isList(value)) return value.map(item => deepCopy(item, depth + 1))
  if (isMap(value)) return newMap(Object.entries(value).map(([key, item]) => [key, deepCopy(item, depth + 1)] as const))
  return value
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new TemplateFault('maps are nested too deeply', 'see that no map contains itself')
}

/** `dig "a" "b" fallback map`: `.a.b` of the map, or the fallback as soon as a key is missing. */
function dig(args: readonly unknown[]): unknown {
  if (args.length < 3) throw new TemplateFault('dig takes keys, a default and a map', 'write: dig "key" "default" .map')
  const fallback = args.at(-2)
  let value: unknown = expectMap(args.at(-1))
  for (const key of args.slice(0, -2)) {
    if (isNil(value)) return fallback
    const map = expectMap(value)
    if (!Object.hasOwn(map, expectText(key))) return fallback
    value = map[expectText(key)]
  }
  return value
}
