import { KINDS, objectParser, readRawObject, type KindDefinition, type ObjectParser } from '@meshwork/config/kinds'
import type { Violation } from '@meshwork/core/result'

import type { Random } from './random.ts'
import { randomValue } from './random-value.ts'

export interface WrittenObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec: unknown
}

type Mutable = Record<string, unknown> | unknown[]

/** How often an object is mended before another one is tried. */
const MOST_MENDINGS = 14
const MOST_TRIES = 200

const parser: ObjectParser = objectParser()

/** Whether validation accepts the object. */
export function isValid(object: WrittenObject): boolean {
  return violationsOf(object).length === 0
}

/** A random object of the kind that validation accepts: what it refuses is taken out until nothing is left to refuse. */
export function validObject(kind: string, name: string, random: Random): WrittenObject {
  const definition = KINDS.find(one => one.kind === kind)
  if (definition === undefined) throw new Error(`there is no kind ${kind}`)
  for (let i = 0; i < MOST_TRIES; i++) {
    const object = mended(written(definition, name, random), random)
    if (object !== undefined) return { ...object, spec: object.spec ?? {} }
  }
  throw new Error(`no valid ${kind} in ${MOST_TRIES} tries`)
}

function written(definition: KindDefinition, name: string, random: Random): WrittenObject {
  const { kind, apiVersions, body, schema: whole } = definition
  const schema = body === 'spec' ? whole : (whole.properties?.['spec'] ?? whole)
  const namespace = random.pick(['default', 'default', 'istio-system', 'elsewhere'])
  return {
    apiVersion: random.pick([apiVersions[0], ...apiVersions]),
    kind,
    metadata: { name, namespace },
    spec: randomValue(schema, 'spec', random),
  }
}

function mended(object: WrittenObject, random: Random): WrittenObject | undefined {
  for (let i = 0; i < MOST_MENDINGS; i++) {
    const violations = violationsOf(object)
    if (violations.length === 0) return object
    for (const { path } of violations) takeOut(object, path, random, i)
  }
  return undefined
}

function violationsOf(object: WrittenObject): readonly Violation[] {
  const raw = readRawObject(object, { file: 'random', line: 1 }, 0)
  if (raw.kind === 'err') return raw.error
  const outcome = parser.parse(raw.value)
  return outcome.kind === 'violations' ? outcome.violations : []
}

/** Takes out what stands at the path, or, of an object, at first only one of its members. */
function takeOut(root: WrittenObject, path: string, random: Random, round: number): void {
  const steps = stepsOf(path)
  let parent: Mutable | undefined
  let last = ''
  let node: unknown = root
  for (const step of steps) {
    if (!isMutable(node)) break
    const inner: unknown = Reflect.get(node, step)
    if (inner === undefined) break
    parent = node
    last = step
    node = inner
  }
  if (isMutable(node) && !Array.isArray(node) && Object.keys(node).length > 1 && round < MOST_MENDINGS / 2) {
    const names = Object.keys(node)
    Reflect.deleteProperty(node, names[random.below(names.length)] ?? '')
  } else if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else if (parent !== undefined) Reflect.deleteProperty(parent, last)
}

/** `spec.http[0].name` in steps. Keys of maps that have dots end the way early, which takes out the map. */
function stepsOf(path: string): readonly string[] {
  return path.split(/[.[\]]+/).filter(step => step !== '')
}

function isMutable(value: unknown): value is Mutable {
  return typeof value === 'object' && value !== null
}
