import type { KindDefinition } from '../kinds/definition.ts'
import { groupOf } from '../kinds/strange-kind.ts'
import type { JsonSchema } from '../kinds/shape/json-schema.ts'
import { customKinds } from './custom-resource-definition.ts'
import { descriptionOf, sharedKeywords } from './structural-schema.ts'

/** A JSON Schema of draft 7, which all editors read. */
export type EditorSchema = Readonly<Record<string, unknown>>

export interface EditorSchemaFile {
  /** `virtualservice_v1.json` below a folder for the group, as catalogues of schemas name them; `all.json` for any kind. */
  readonly file: string
  readonly schema: EditorSchema
}

const DRAFT = 'http://json-schema.org/draft-07/schema#'
/** Texts of schemas of ours, as patterns that editors can check. */
const PATTERNS: Readonly<Record<string, string>> = { duration: '^[-+]?((([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+|0)$' }

/** One file for each version of each kind, and one for files that hold objects of any kind. */
export function editorSchemaFiles(): readonly EditorSchemaFile[] {
  const files = customKinds().flatMap(kind => kind.apiVersions.map(apiVersion => fileOf(kind, apiVersion)))
  return [...files.map(({ file, schema }) => ({ file, schema })), { file: 'all.json', schema: anyOf(files) }]
}

interface KindFile extends EditorSchemaFile {
  readonly kind: string
  readonly apiVersion: string
}

function fileOf(definition: KindDefinition, apiVersion: string): KindFile {
  const { kind, body, schema } = definition
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
  const content = editorSchema(schema)
  const properties = body === 'spec' ? { spec: content } : content['properties']
  return {
    file: `${groupOf(apiVersion)}/${kind.toLowerCase()}_${version}.json`,
    kind,
    apiVersion,
    schema: {
      $schema: DRAFT,
      title: kind,
      description: descriptionOf(schema),
      type: 'object',
      required: ['apiVersion', 'kind', 'metadata'],
      additionalProperties: false,
      properties: {
        status: { type: 'object' },
        ...(typeof properties === 'object' && properties),
        apiVersion: { const: apiVersion },
        kind: { const: kind },
        metadata: { type: 'object', properties: { name: { type: 'string' }, namespace: { type: 'string' } } },
      },
    },
  }
}

/** Objects of other kinds are none of its business. */
function anyOf(files: readonly KindFile[]): EditorSchema {
  const allOf = files.map(({ file, kind, apiVersion }) => ({
    if: { required: ['apiVersion', 'kind'], properties: { apiVersion: { const: apiVersion }, kind: { const: kind } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits it
    then: { $ref: file },
  }))
  return { $schema: DRAFT, title: 'Any object of the mesh', type: 'object', allOf }
}

/** The schema with everything that a check of a document says: unknown fields and exclusive ones are mistakes. */
function editorSchema(schema: JsonSchema): EditorSchema {
  const description = descriptionOf(schema)
  const { properties, additionalProperties, items, format = '', 'x-meshwork-deprecated': instead } = schema
  const pattern = PATTERNS[format]
  return {
    ...(description !== '' && { description }),
    ...(instead !== undefined && { deprecationMessage: instead }),
    ...(schema['x-kubernetes-int-or-string'] === true && { type: ['integer', 'string'] }),
    ...sharedKeywords(schema),
    ...(pattern !== undefined && { pattern }),
    ...(properties !== undefined && { properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, editorSchema(v)])) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: typeof additionalProperties === 'object' ? editorSchema(additionalProperties) : additionalProperties,
    }),
    ...(items !== undefined && { items: editorSchema(items) }),
    ...choices(schema),
  }
}

function choices({ 'x-meshwork-at-most-one': groups = [], 'x-meshwork-at-least-one': some = [] }: JsonSchema): EditorSchema {
  const allOf = groups.flatMap(pairs).map(pair => ({ not: { required: pair } }))
  return { ...(allOf.length > 0 && { allOf }), ...(some.length > 0 && { anyOf: some.map(name => ({ required: [name] })) }) }
}

function pairs(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((first, i) => names.slice(i + 1).map(second => [first, second] as const))
}
