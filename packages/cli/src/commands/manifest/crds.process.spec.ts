import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { customResourceDefinitions } from '@meshwork/config/crds'
import { runMeshctl } from '../../main.ts'

const SHARED = path.resolve(import.meta.dirname, '../../../../../../shared')
const VERDICTS = path.join(SHARED, 'conformance/traffic/900-validation.json')
const KINDS_FOLDER = path.resolve(import.meta.dirname, '../../../../config/src/kinds')
const OURS = /(?:^|\.)(?:istio\.io|meshwork\.dev)\//
/** Gave up before 1.0, and read by nobody. */
const NEVER = 'config.istio.io/v1alpha1'

type Fields = Readonly<Record<string, unknown>>

const obstacle = apiServerObstacle()

function objectsOf(files: readonly string[]): readonly Fields[] {
  return files
    .flatMap(file => parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS() as Fields | null))
    .filter(object => object !== null)
    .filter(object => OURS.test(String(object['apiVersion'])) && object['apiVersion'] !== NEVER)
}

function yamlBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.yaml'))
    .map(file => path.join(folder, file))
}

/** In a namespace that exists, under a name of its own: this is about the content. */
function renamed(object: Fields, i: number): Fields {
  return { ...object, metadata: { ...(object['metadata'] as Fields), namespace: undefined, name: `o${i}` } }
}

describe.skipIf(obstacle !== null)(`a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start()
    let manifest = ''
    await runMeshctl(['manifest', 'crds'], { out: text => void (manifest += text), err: () => undefined, color: false })
    await server.kubectl(['apply', '--server-side', '-f', '-'], manifest)
    const names = customResourceDefinitions().map(({ metadata }) => `crd/${metadata.name}`)
    await server.kubectl(['wait', '--for=condition=Established', '--timeout=20s', ...names])
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  /** What the API server says against the objects, with strict reading: unknown fields are mistakes. */
  async function refusals(objects: readonly Fields[]): Promise<string> {
    const items = objects.map(renamed)
    const create = ['create', '--dry-run=server', '--validate=strict', '-o', 'name', '-f', '-']
    return server.kubectl(create, JSON.stringify({ apiVersion: 'v1', kind: 'List', items })).then(
      names => (names.trim().split('\n').length === items.length ? '' : `only ${names}`),
      (error: unknown) => String(error),
    )
  }

  test('finds nothing wrong with the definitions: all are structural, no name is taken', async () => {
    const { items } = JSON.parse(await server.kubectl(['get', 'crd', '-o', 'json'])) as {
      readonly items: readonly {
        readonly metadata: Fields
        readonly status: { readonly conditions: readonly { type: string; status: string }[] }
      }[]
    }
    const odd = items.flatMap(({ metadata, status }) =>
      status.conditions
        .filter(({ type, status: value }) => !(['Established', 'NamesAccepted'].includes(type) && value === 'True'))
        .map(() => metadata['name']),
    )
    expect(odd).toEqual([])
    expect(items).toHaveLength(customResourceDefinitions().length)
  })

  test('takes the good samples of all kinds', async () => {
    const good = objectsOf(yamlBelow(KINDS_FOLDER).filter(file => file.endsWith('good.yaml')))
    // Names as in .proto files and enums by number are for readers of files: API servers know one notation.
    const plain = good.filter(object => !/"[a-z]+_[a-z_]+":|Mode":\d|mode":\d/.test(JSON.stringify(object['spec'])))
    expect(await refusals(plain)).toBe('')
    expect(plain.length).toBeGreaterThan(50)
  })

  test.skipIf(!existsSync(SHARED))("takes what Istio's users have, and what Istio's admission accepted", async () => {
    const samples = objectsOf(yamlBelow(path.join(SHARED, 'samples')))
    const { cases } = JSON.parse(readFileSync(VERDICTS, 'utf8')) as {
      readonly cases: readonly { object: Fields; expect: { accepted: boolean } }[]
    }
    expect(await refusals([...samples, ...cases.filter(each => each.expect.accepted).map(({ object }) => object)])).toBe('')
    expect(samples.length).toBeGreaterThan(100)
  })

  test('refuses exclusive fields with a sentence, serves all versions alike and shows columns and short names', async () => {
    const both = { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', spec: { selector: {}, targetRefs: [] }, metadata: {} }
    expect(await refusals([both])).toContain('only one of selector, targetRef, targetRefs may be set')
    const route = { hosts: ['reviews'], gateways: ['mesh'], http: [{ route: [{ destination: { host: 'reviews' } }] }] }
    const object = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'VirtualService', metadata: { name: 'reviews' }, spec: route }
    await server.kubectl(['create', '-f', '-'], JSON.stringify(object))
    const newer = JSON.parse(await server.kubectl(['get', 'virtualservices.v1.networking.istio.io', 'reviews', '-o', 'json'])) as Fields
    expect(newer['spec']).toEqual(route)
    const table = await server.kubectl(['get', 'vs'])
    expect(table.split('\n')[0]?.split(/ {2,}/)).toEqual(['NAME', 'GATEWAYS', 'HOSTS', 'PROGRAMMED', 'DETAIL', 'AGE'])
    expect(table).toContain('["reviews"]')
    expect(await server.kubectl(['get', 'istio-io', '-o', 'name'])).toContain('virtualservice.networking.istio.io/reviews')
  })
})
