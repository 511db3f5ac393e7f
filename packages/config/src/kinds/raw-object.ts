import { err, joinPath, ok, violation, type Result, type Violation } from '@meshwork/core/result'
import type { ObjectMeta, Origin, RawObject } from './object.ts'
import { isRecord, type RawRecord } from './shape/json-schema.ts'

/** Objects without a creation time count as created one second apart, in the order in which they were read. */
const STEP_MS = 1000
const LONGEST_NAME = 253
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** Whether a document is meant for an API server at all; a compose file or a package.json beside the configuration is not. */
export function looksLikeObject(value: unknown): boolean {
  return !isRecord(value) || ['apiVersion', 'kind', 'metadata'].some(name => name in value)
}

/**
 * Takes any value for an object of the API: `apiVersion`, `kind` and `metadata` are checked, the rest is `parseObject`'s.
 * `sequence` is the place of the document in reading order, from 0.
 */
export function readRawObject(value: unknown, origin: Origin, sequence: number): Result<RawObject, readonly Violation[]> {
  if (!isRecord(value)) return err([violation('', 'not-an-object', 'a document must be an object with apiVersion, kind and metadata')])
  const { apiVersion, kind } = value
  const violations: Violation[] = []
  if (typeof apiVersion !== 'string' || apiVersion === '') violations.push(violation('apiVersion', 'missing-field', 'is required'))
  if (typeof kind !== 'string' || kind === '') violations.push(violation('kind', 'missing-field', 'is required'))
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  violations.push(...checkMetadata(metadata))
  if (violations.length > 0 || typeof apiVersion !== 'string' || typeof kind !== 'string') return err(violations)
  return ok({ apiVersion, kind, meta: readMeta(metadata, sequence), document: value, origin })
}

function checkMetadata(metadata: RawRecord): Violation[] {
  const violations: Violation[] = []
  const { name, namespace } = metadata
  if (name === undefined || name === null) violations.push(violation('metadata.name', 'missing-field', 'is required'))
  else if (!isName(name))
    violations.push(
      violation('metadata.name', 'bad-name', `${JSON.stringify(name)} is not a name of lower-case letters, digits, '-' and '.'`),
    )
  if (namespace !== undefined && namespace !== null && !isName(namespace)) {
    violations.push(
      violation('metadata.namespace', 'bad-name', `${JSON.stringify(namespace)} is not a name of lower-case letters, digits and '-'`),
    )
  }
  return [...violations, ...checkTexts(metadata, 'labels'), ...checkTexts(metadata, 'annotations')]
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LONGEST_NAME && NAME.test(value)
}

function checkTexts(metadata: RawRecord, field: 'labels' | 'annotations'): Violation[] {
  const path = `metadata.${field}`
  const map = metadata[field] ?? {}
  if (!isRecord(map)) return [violation(path, 'wrong-type', 'must be an object')]
  return Object.entries(map)
    .filter(([, value]) => typeof value !== 'string' && value !== null)
    .map(([key]) => violation(joinPath(path, key), 'wrong-type', 'must be a text', 'put the value in quotes'))
}

function readMeta(metadata: RawRecord, sequence: number): ObjectMeta {
  const { name, namespace, resourceVersion, generation } = metadata
  return Object.freeze({
    name: String(name),
    namespace: typeof namespace === 'string' ? namespace : 'default',
    labels: readTexts(metadata['labels']),
    annotations: readTexts(metadata['annotations']),
    createdAt: readTime(metadata['creationTimestamp']) ?? sequence * STEP_MS,
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    ...(typeof generation === 'number' && { generation }),
  })
}

function readTexts(value: unknown): Readonly<Record<string, string>> {
  const entries = isRecord(value) ? Object.entries(value) : []
  return Object.freeze(Object.fromEntries(entries.map(([key, text]) => [key, typeof text === 'string' ? text : ''])))
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === 'string' || value instanceof Date ? new Date(value).getTime() : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
