import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fieldsOf, textOf } from '@meshwork/kube/client'
import { Ajv, type ErrorObject } from 'ajv'
import { nearest } from '../command/nearest.ts'
import { isTree, type Value, type ValueTree } from './set-values.ts'

const SCHEMA = 'values.schema.json'

/** What is wrong with the values of the chart `mesh`, by the schemas of the umbrella and its sub-charts, as Helm reads them. */
export function checkValues(charts: string, values: ValueTree): readonly string[] {
  const mesh = join(charts, 'mesh')
  const parts = readdirSync(join(mesh, 'charts'))
  const whole = violations(join(mesh, SCHEMA), values, '')
  return [...whole, ...parts.flatMap(part => violations(join(mesh, 'charts', part, SCHEMA), values[part] ?? {}, part))]
}

function violations(file: string, values: Value, at: string): readonly string[] {
  if (!existsSync(file)) return []
  const schema = fieldsOf(JSON.parse(readFileSync(file, 'utf8')))
  // Types may be lists here: a port may be a number or a text.
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false })
  const validate = ajv.compile(schema)
  if (validate(values)) return []
  const seen = (validate.errors ?? []).map(error => sentence(error, at))
  return [...new Set(seen.filter(text => text !== ''))]
}

function sentence(error: ErrorObject, at: string): string {
  const place = [at, ...error.instancePath.split('/').slice(1)].filter(step => step !== '').join('.')
  const params = fieldsOf(error.params)
  if (error.keyword === 'additionalProperties') return unknownKey(textOf(params['additionalProperty']), place, error)
  if (error.keyword === 'enum') {
    const allowed = Array.isArray(params['allowedValues']) ? params['allowedValues'].map(value => JSON.stringify(value)) : []
    return `${place} is ${JSON.stringify(error.data)}; possible is ${allowed.join(', ')}`
  }
  return `${place} ${error.message ?? 'is wrong'}, not ${JSON.stringify(error.data)}`
}

function unknownKey(key: string, place: string, error: ErrorObject): string {
  const full = place === '' ? key : `${place}.${key}`
  const known = Object.keys(fieldsOf(fieldsOf(error.parentSchema)['properties']))
  const meant = nearest(key, known)
  if (meant !== undefined) return `there is no value ${full}; did you mean ${place === '' ? meant : `${place}.${meant}`}?`
  return `there is no value ${full}; known here: ${known.toSorted().join(', ')}`
}

/** Without the keys that were set to null, as Helm leaves them out. */
export function withoutNulls(values: ValueTree): ValueTree {
  const kept = Object.entries(values).filter(([, value]) => value !== null)
  return Object.fromEntries(kept.map(([key, value]) => [key, isTree(value) ? withoutNulls(value) : value]))
}
