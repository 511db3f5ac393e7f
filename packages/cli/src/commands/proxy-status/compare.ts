import type { ConfigDump } from '../../mesh-api/config-dump.ts'
import { asList, asObject, asText, at, type Json } from '../../mesh-api/json-reader.ts'

/** How what a proxy runs differs from what pilot gives it. */
export interface Comparison {
  /** `clusters`, `listeners`, `routes`. */
  readonly type: string
  readonly resources: number
  readonly differences: readonly Difference[]
}

export interface Difference {
  readonly resource: string
  /** Inside of the resource; empty if one side has no such resource. */
  readonly path: string
  readonly pilot: string
  readonly proxy: string
}

const TYPES = ['clusters', 'listeners', 'routes'] as const

/** `wanted`: pilot's `/debug/config_dump` for the proxy. Only what pilot sends is compared: a bootstrap has clusters of its own. */
export function compareWithPilot(wanted: unknown, actual: ConfigDump): readonly Comparison[] {
  return TYPES.map(type => {
    const resources = asList(at(wanted, type)).map(asObject)
    const running = new Map(actual[type].map(each => [asText(each['name']), each]))
    return { type, resources: resources.length, differences: resources.flatMap(each => differenceOf(each, running)) }
  })
}

function differenceOf(wanted: Json, running: ReadonlyMap<string, Json>): readonly Difference[] {
  const name = asText(wanted['name'])
  const actual = running.get(name)
  if (actual === undefined) return [{ resource: name, path: '', pilot: 'there', proxy: 'missing' }]
  // A dump says what type a resource is; pilot's list needs not.
  const { '@type': _, ...resource } = actual
  const first = firstDifference(plain(wanted['resource']), plain(resource), '')
  return first === undefined ? [] : [{ resource: name, ...first }]
}

/** One notation: names in snake case, and nothing that says what is the default. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'string') return DURATION.test(value) ? seconds(value.slice(0, -1)) : value
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? String(value) : value
  if (isDuration(value)) return seconds(Number(value['seconds'] ?? 0) + Number(value['nanos'] ?? 0) / 1e9)
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [snakeCase(key), plain(each)])
  return Object.fromEntries(entries.filter(([, each]) => !isDefault(each)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The JSON form of google.protobuf.Duration. */
const DURATION = /^\d+(?:\.\d+)?s$/

/** The same as ts-proto writes it; without fields it is nothing, or zero. */
function isDuration(value: object): value is Json {
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every(key => key === 'seconds' || key === 'nanos')
}

function seconds(value: string | number): string {
  return Number(value) === 0 ? '' : `${Number(value)} s`
}

function snakeCase(name: string): string {
  return /^[a-z][A-Za-z0-9]*$/.test(name) ? name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`) : name
}

function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isJson(value)) return Object.keys(value).length === 0
  return value === undefined || value === null || value === false || value === '' || value === '0'
}

type Place = Omit<Difference, 'resource'>

function firstDifference(a: unknown, b: unknown, path: string): Place | undefined {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return { path, pilot: `${a.length} entries`, proxy: `${b.length} entries` }
    return first(a.map((each, i) => firstDifference(each, b[i], `${path}[${i}]`)))
  }
  if (isJson(a) && isJson(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    return first(keys.map(key => firstDifference(a[key], b[key], path === '' ? key : `${path}.${key}`)))
  }
  return a === b ? undefined : { path, pilot: words(a), proxy: words(b) }
}

function first(found: readonly (Place | undefined)[]): Place | undefined {
  return found.find(each => each !== undefined)
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LONGEST = 60

function words(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
