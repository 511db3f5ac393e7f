import { parseAllDocuments, parseDocument } from 'yaml'
import type { Document, ScalarTag, Tags } from 'yaml'

import { MeshError } from '@meshwork/core/result'

import { isList, isMap, newMap } from '../engine/values.ts'

const MAX_ALIASES = 1000
/** Tags of YAML 1.1 that Go's reader does not resolve: it keeps `1:30` and dates as text. */
const TEXT_TAGS = new Set(['tag:yaml.org,2002:timestamp'])

/** Integers such as `0o17`, which Go's reader takes although they are YAML 1.2. */
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7]+$/,
  resolve: text => Number.parseInt(text.replace('0o', ''), 8),
}

/** Reads YAML 1.1 as Helm does: `yes` is true, `0o17` is 15, `1:30` and dates are text; all numbers are float64. */
export function parseYaml(text: string): unknown {
  return valueOf(parseDocument(text, options()))
}

/** All documents of a stream; empty ones are left out. */
export function parseYamlDocuments(text: string): unknown[] {
  const documents = parseAllDocuments(text, options())
  if (!Array.isArray(documents)) return []
  return documents.map(document => valueOf(document)).filter(value => value !== null && value !== undefined)
}

function options(): Parameters<typeof parseDocument>[1] & object {
  return { version: '1.1', uniqueKeys: true, logLevel: 'silent', customTags: readableTags, schema: 'yaml-1.1', merge: true }
}

function readableTags(tags: Tags): Tags {
  const read = tags.filter(tag => typeof tag === 'string' || !(TEXT_TAGS.has(tag.tag) || ('format' in tag && tag.format === 'TIME')))
  return [OCTAL, ...read]
}

function valueOf(document: Document.Parsed): unknown {
  const [error] = document.errors
  if (error !== undefined)
    throw new MeshError('YAML_INVALID', `error converting YAML to JSON: yaml: ${error.message.split('\n')[0] ?? ''}`, {
      source: 'config',
      nextStep: 'correct the text at that line',
    })
  return plain(document.toJS({ maxAliasCount: MAX_ALIASES }))
}

/** Maps without inherited keys; integers stay float64, as after Go's JSON decoding. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (isList(value)) return value.map(plain)
  if (isMap(value)) return newMap(Object.entries(value).map(([key, item]) => [key, plain(item)] as const))
  return value
}
