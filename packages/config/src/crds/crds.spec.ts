import { Ajv } from 'ajv'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { KINDS } from '../kinds/index.ts'
import { canonical } from '../kinds/parse/canonical.ts'
import { withoutNulls } from '../kinds/parse/without-nulls.ts'
import { customResourceDefinitions, editorSchemaFiles } from './index.ts'

type Fields = Readonly<Record<string, unknown>>

interface Bad {
  readonly violations: readonly string[]
  readonly object: Fields
}

const KINDS_FOLDER = path.resolve(import.meta.dirname, '../kinds')
const CRDS = customResourceDefinitions()

/** Samples of all kinds, by the name of the folder. */
function samples(file: 'good.yaml' | 'bad.yaml'): readonly string[] {
  return readdirSync(KINDS_FOLDER)
    .map(folder => path.join(KINDS_FOLDER, folder, 'testdata', file))
    .filter(existsSync)
    .map(each => readFileSync(each, 'utf8'))
}

/** In the one notation of schemas: API servers drop members that are null; our reader also takes proto names and numbers of enums. */
function plain(object: Fields): Fields {
  const kind = KINDS.find(each => each.kind === object['kind'] && each.apiVersions.some(version => version === object['apiVersion']))
  const { spec = {}, ...rest } = withoutNulls(object)
  return kind?.body === 'spec' ? { ...rest, spec: canonical(kind.schema, spec) } : withoutNulls(object)
}

const good: readonly Fields[] = samples('good.yaml').flatMap(text =>
  parseAllDocuments(text).map(document => plain(document.toJS() as Fields)),
)

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The rules of apiextensions.k8s.io/v1 for structural schemas ("Specifying a structural schema" in its documentation): each value
 * has a type or is int-or-string, nothing refers elsewhere, fields and free entries exclude each other.
 */
function mistakesIn(schema: unknown, at: string): readonly string[] {
  if (!isFields(schema)) return [`${at}: no schema`]
  const mistakes: string[] = []
  const isFree = schema['x-kubernetes-int-or-string'] === true
  if (isFree === (schema['type'] !== undefined)) mistakes.push(`${at}: type`)
  const banned = ['$ref', 'definitions', 'dependencies', 'patternProperties', 'const', 'oneOf', 'anyOf', 'allOf', 'not', 'uniqueItems']
  mistakes.push(...Object.keys(schema).flatMap(key => (banned.includes(key) || key.startsWith('x-meshwork') ? [`${at}: ${key}`] : [])))
  const { properties, additionalProperties, items } = schema
  if (properties !== undefined && additionalProperties !== undefined) mistakes.push(`${at}: properties beside additionalProperties`)
  if (typeof additionalProperties === 'boolean') mistakes.push(`${at}: additionalProperties is no schema`)
  if (schema['type'] === 'array' && items === undefined) mistakes.push(`${at}: items`)
  if (isFields(properties)) mistakes.push(...Object.entries(properties).flatMap(([name, each]) => mistakesIn(each, `${at}.${name}`)))
  if (isFields(additionalProperties)) mistakes.push(...mistakesIn(additionalProperties, `${at}.*`))
  if (items !== undefined) mistakes.push(...mistakesIn(items, `${at}[]`))
  return mistakes
}

describe('custom resource definitions', () => {
  test.each(CRDS.map(crd => [crd.metadata.name, crd] as const))(
    '%s is structural, served in all versions and stored in one',
    (name, crd) => {
      const { group, names, versions } = crd.spec
      expect(name).toBe(`${names.plural}.${group}`)
      expect(versions.map(({ storage }) => storage)).toEqual(versions.map((_, i) => i === 0))
      expect(versions.every(({ served, subresources }) => served && 'status' in subresources)).toBe(true)
      expect(versions.flatMap(({ schema }) => mistakesIn(schema.openAPIV3Schema, ''))).toEqual([])
    },
  )

  test('no two share a name, and kinds that API servers have by themselves get none', () => {
    const names = CRDS.flatMap(({ spec }) => [`${spec.names.plural}.${spec.group}`, ...(spec.names.shortNames ?? [])])
    expect(new Set(names).size).toBe(names.length)
    expect(CRDS.map(({ spec }) => spec.group).filter(group => !/(^|\.)(istio\.io|meshwork\.dev)$/.test(group))).toEqual([])
  })

  test('a VirtualService is listed as people know it', () => {
    const crd = CRDS.find(({ spec }) => spec.names.kind === 'VirtualService')
    expect(crd?.spec).toMatchObject({
      names: {
        listKind: 'VirtualServiceList',
        singular: 'virtualservice',
        shortNames: ['vs'],
        categories: ['istio-io', 'networking-istio-io'],
      },
      versions: [{ name: 'v1' }, { name: 'v1beta1' }, { name: 'v1alpha3' }],
    })
    expect(crd?.spec.versions[2]?.additionalPrinterColumns.map(({ name }) => name)).toEqual([
      'Gateways',
      'Hosts',
      'Programmed',
      'Detail',
      'Age',
    ])
  })

  test('exclusive fields are rules with a sentence, unless their cost would be refused', () => {
    expect(JSON.stringify(CRDS.find(({ spec }) => spec.names.kind === 'AuthorizationPolicy'))).toContain(
      'only one of selector, targetRef, targetRefs may be set',
    )
    const longest = CRDS.flatMap(crd =>
      [...JSON.stringify(crd).matchAll(/"rule":"([^"]*)"/g)].map(([, rule = '']) => rule.split('has(').length - 1),
    )
    expect(Math.max(...longest)).toBeLessThanOrEqual(6)
  })

  test('all good samples of the kinds fit', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
    const checks = new Map(
      CRDS.flatMap(({ spec }) =>
        spec.versions.map(({ name, schema }) => [`${spec.group}/${name} ${spec.names.kind}`, ajv.compile(schema.openAPIV3Schema)]),
      ),
    )
    const checked = good.flatMap(object => {
      const check = checks.get(`${String(object['apiVersion'])} ${String(object['kind'])}`)
      if (check === undefined) return []
      return [check(object) ? '' : `${JSON.stringify(object)}: ${ajv.errorsText(check.errors)}`]
    })
    expect(checked.filter(each => each !== '')).toEqual([])
    expect(checked.length).toBeGreaterThan(50)
  })
})

describe('schemas for editors', () => {
  const files = editorSchemaFiles()
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  for (const { file, schema } of files) ajv.addSchema(schema, file)
  const check = ajv.getSchema('all.json')

  test('one for each version of each kind, and one for all', () => {
    expect(files.map(({ file }) => file)).toContain('networking.istio.io/virtualservice_v1alpha3.json')
    expect(files).toHaveLength(CRDS.reduce((sum, { spec }) => sum + spec.versions.length, 0) + 1)
  })

  test('good samples fit, those of others too', () => {
    const refused = good.filter(object => check?.(object) !== true)
    expect(refused.map(object => JSON.stringify(object))).toEqual([])
  })

  test('an unknown field, a bad duration and exclusive fields are marked', () => {
    const route = (settings: Fields): Fields => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'a' },
      spec: { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }], ...settings }] },
    })
    expect(check?.(route({ timeout: '1.5s' }))).toBe(true)
    expect(check?.(route({ timeout: 'soon' }))).toBe(false)
    expect(check?.(route({ retrie: {} }))).toBe(false)
    expect(check?.(route({ match: [{ uri: { exact: '/a', prefix: '/b' } }] }))).toBe(false)
  })

  test('bad samples that a schema can tell are marked before anybody applies them', () => {
    const bad = samples('bad.yaml').flatMap(text => parse(text, { merge: true }) as readonly Bad[])
    const structural = /(unknown-field|unknown-value|at-most-one)$/
    const should = bad.filter(
      ({ violations, object }) => violations.some(each => structural.test(each)) && /istio\.io/.test(String(object['apiVersion'])),
    )
    const missed = should.filter(({ object }) => check?.(object) === true)
    expect(missed.map(({ object }) => JSON.stringify(object))).toEqual([])
    expect(should.length).toBeGreaterThan(15)
  })
})
