import type { JsonSchema } from '@meshwork/config/kinds'

import type { Random } from './random.ts'
import { DURATIONS, keys, LABEL_VALUES, texts } from './value-pools.ts'

/** Fields without which little else of an object means anything: set most of the time. */
const CENTRAL: ReadonlySet<string> = new Set([
  ...['hosts', 'host', 'http', 'route', 'destination', 'servers', 'port', 'number', 'protocol', 'name', 'ports', 'configPatches', 'rules'],
  ...[
    'selector',
    'matchLabels',
    'subsets',
    'labels',
    'trafficPolicy',
    'resolution',
    'mode',
    'egress',
    'jwtRules',
    'issuer',
    'mtls',
    'address',
  ],
])
const NUMBERS: readonly [number, ...number[]] = [
  0, 1, 2, 5, 50, 80, 100, 200, 301, 404, 503, 600, 8080, 9080, 65_535, 65_536, 2_147_483_647, 4_294_967_295, -1,
]
const PORTS: readonly [number, ...number[]] = [80, 443, 9080, 9090, 8080, 3306, 15_443, 1, 65_535]
const DEEPEST = 12

/** Any value that the schema could mean, well-formed most of the time. */
export function randomValue(schema: JsonSchema, field: string, random: Random, depth = 0): unknown {
  if (schema.enum !== undefined) return random.pick([schema.enum[0] ?? '', ...schema.enum])
  switch (schema.type) {
    case 'string':
      return schema.format === 'duration' ? random.pick(DURATIONS) : random.pick(texts(field))
    case 'integer':
      return randomInteger(field, random)
    case 'number':
      return random.pick([0, 0.5, 1, 50, 99.9, 100, 1e-7, 3])
    case 'boolean':
      return random.chance(0.5)
    case 'array':
      return Array.from({ length: 1 + (random.chance(0.3) ? random.below(3) : 0) }, () =>
        randomValue(schema.items ?? {}, field, random, depth + 1),
      )
    case 'object':
      return randomObject(schema, field, random, depth)
    default:
      return random.chance(0.5) ? random.pick(PORTS) : random.pick(texts(field))
  }
}

function randomInteger(field: string, random: Random): number {
  const isPort = field === 'number' || field === 'port' || field === 'targetPort'
  return isPort && random.chance(0.9) ? random.pick(PORTS) : random.pick(NUMBERS)
}

function randomObject(schema: JsonSchema, field: string, random: Random, depth: number): unknown {
  const { properties = {}, additionalProperties } = schema
  if (typeof additionalProperties === 'object') return randomMap(additionalProperties, field, random, depth)
  const taken = Object.entries(properties).filter(([name]) => isTaken(name, schema, random, depth))
  return Object.fromEntries(taken.map(([name, inner]) => [name, randomValue(inner, name, random, depth + 1)]))
}

function isTaken(name: string, schema: JsonSchema, random: Random, depth: number): boolean {
  if (schema.required?.includes(name) === true) return true
  if (depth > DEEPEST) return false
  return random.chance(CENTRAL.has(name) ? 0.85 : 2.5 / (Object.keys(schema.properties ?? {}).length + 2))
}

function randomMap(values: JsonSchema, field: string, random: Random, depth: number): unknown {
  const isLabels = values.type === 'string' && field !== 'set' && field !== 'add'
  const length = 1 + random.below(2)
  const entry = (): [string, unknown] => [
    random.pick(keys(field)),
    isLabels ? random.pick(LABEL_VALUES) : randomValue(values, field, random, depth + 1),
  ]
  return Object.fromEntries(Array.from({ length }, entry))
}
