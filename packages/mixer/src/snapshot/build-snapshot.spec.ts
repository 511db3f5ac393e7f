import type { ConfigObject } from '@meshwork/config/kinds'
import { bagOf } from '@meshwork/core/attributes'
import { describe, expect, it } from 'vitest'
import { ADAPTERS, TEMPLATES } from '../encode/index.ts'
import { buildSnapshot, DEFAULT_ATTRIBUTES, referenceCandidates, type Snapshot } from './index.ts'

let line = 0

function object(kind: string, name: string, namespace: string, spec: unknown): ConfigObject {
  const meta = { name, namespace, labels: {}, annotations: {}, createdAt: 0, resourceVersion: '' }
  return { kind, apiVersion: 'config.istio.io/v1alpha2', meta, spec, origin: { file: 'policy.yaml', line: ++line } }
}

const MANIFEST = object('attributemanifest', 'proxy', 'istio-system', {
  revision: '',
  name: '',
  attributes: { 'request.path': { description: '', valueType: 'STRING' }, 'request.size': { description: '', valueType: 'INT64' } },
})
const DENIER = object('denier', 'refuse', 'istio-system', { params: {} })
const NOTHING = object('checknothing', 'nothing', 'istio-system', { params: {} })

function rule(name: string, match: string, handler: string, ...instances: readonly string[]): ConfigObject {
  return object('rule', name, 'istio-system', { match, actions: [{ handler, instances }] })
}

function build(...objects: readonly ConfigObject[]): Snapshot {
  const adapterAddresses = new Map([['denier', '127.0.0.1:1']])
  return buildSnapshot([MANIFEST, DENIER, NOTHING, ...objects], {
    attributes: DEFAULT_ATTRIBUTES,
    adapters: ADAPTERS,
    templates: TEMPLATES,
    adapterAddresses,
  })
}

describe('referenceCandidates', () => {
  it.each([
    ['x', ['x.handler.shop']],
    ['x.denier', ['x.denier.shop', 'x.handler.denier']],
    ['x.denier.other', ['x.denier.other']],
    ['a.b.c.d', ['a.b.c.d']],
  ])('%s', (reference, expected) => {
    expect(referenceCandidates(reference, 'handler', 'shop')).toEqual(expected)
  })
})

describe('DEFAULT_ATTRIBUTES', () => {
  it('are the 79 of the manifests of 1.0 and seven that proxies send beside them', () => {
    expect(DEFAULT_ATTRIBUTES.size).toBe(86)
    expect(DEFAULT_ATTRIBUTES.get('source.labels')).toBe('STRING_MAP')
  })

  it('give way to a manifest', () => {
    const own = object('attributemanifest', 'own', 'shop', {
      revision: '',
      name: '',
      attributes: { 'request.reason': { description: '', valueType: 'INT64' }, mine: { description: '', valueType: 'BOOL' } },
    })
    const snapshot = build(own)
    expect(snapshot.problems).toEqual([])
    expect(snapshot.attributes.get('request.reason')).toBe('INT64')
    expect(snapshot.attributes.get('mine')).toBe('BOOL')
  })
})

describe('buildSnapshot', () => {
  it('resolves short and full references', () => {
    const snapshot = build(
      rule('short', '', 'refuse.denier', 'nothing.checknothing'),
      rule('full', '', 'refuse.denier.istio-system', 'nothing.checknothing.istio-system'),
    )
    expect(snapshot.problems).toEqual([])
    expect(snapshot.rules.map(({ actions }) => actions[0]?.handler.name)).toEqual([
      'refuse.denier.istio-system',
      'refuse.denier.istio-system',
    ])
  })

  it.each([
    [
      'an unknown handler',
      rule('r', '', 'nobody.denier', 'nothing.checknothing'),
      'spec.actions[0].handler',
      /nobody\.denier\.istio-system/,
    ],
    ['an unknown instance', rule('r', '', 'refuse.denier', 'nobody'), 'spec.actions[0].instances[0]', /'nobody' does not exist/],
    [
      'a match of another type',
      rule('r', 'request.size', 'refuse.denier', 'nothing.checknothing'),
      'spec.match',
      /INT64, expected type BOOL/,
    ],
    ['a match that does not parse', rule('r', 'request.path ==', 'refuse.denier', 'nothing.checknothing'), 'spec.match', /unable to parse/],
    [
      'an adapter without an address',
      object('prometheus', 'p', 'istio-system', { params: {} }),
      'spec.connection',
      /--adapter prometheus=/,
    ],
    ['an unknown parameter', object('denier', 'd', 'istio-system', { params: { statsu: 1 } }), 'spec.statsu', /'statsu' not found/],
    [
      'an unknown field of an instance',
      object('metric', 'm', 'istio-system', { params: { vlaue: '1' } }),
      'spec.vlaue',
      /'vlaue' not found/,
    ],
    ['an unknown adapter', object('handler', 'h', 'istio-system', { adapter: 'opa', params: {} }), 'spec.adapter', /no adapter 'opa'/],
  ])('leaves out %s and says where', (_, bad, path, message) => {
    const snapshot = build(rule('good', '', 'refuse.denier', 'nothing.checknothing'), bad)
    expect(snapshot.rules.map(({ name }) => name)).toEqual(['good.rule.istio-system'])
    expect(snapshot.problems).toEqual([
      expect.objectContaining({ path, message: expect.stringMatching(message), origin: { file: 'policy.yaml', line: bad.origin.line } }),
    ])
  })

  it('an instance that the adapter does not take, or that stands twice, costs only itself', () => {
    const metric = object('metric', 'count', 'istio-system', { params: { value: '1' } })
    const snapshot = build(metric, rule('r', '', 'refuse.denier', 'nothing.checknothing', 'count.metric', 'nothing.checknothing'))
    expect(snapshot.rules[0]?.actions[0]?.instances.map(({ name }) => name)).toEqual(['nothing.checknothing.istio-system'])
    expect(snapshot.problems.map(({ path }) => path)).toEqual(['spec.actions[0].instances[1]', 'spec.actions[0].instances[2]'])
  })

  it('refuses a second declaration of an attribute with another type', () => {
    const other = object('attributemanifest', 'other', 'istio-system', {
      revision: '',
      name: '',
      attributes: { 'request.path': { description: '', valueType: 'INT64' } },
    })
    const snapshot = build(other)
    expect(snapshot.attributes.get('request.path')).toBe('STRING')
    expect(snapshot.problems).toEqual([expect.objectContaining({ kind: 'attribute', path: 'spec.attributes.request.path' })])
  })

  it('takes the address of a handler before that of the process', () => {
    const handler = object('handler', 'h', 'istio-system', {
      adapter: 'denier',
      connection: { address: '127.0.0.1:2', timeoutMs: 50 },
      params: {},
    })
    expect(build(handler).handlers.get('h.handler.istio-system')).toMatchObject({ address: '127.0.0.1:2', timeoutMs: 50 })
  })

  it('compiles the condition', () => {
    const [compiled] = build(rule('r', 'request.path.startsWith("/a")', 'refuse.denier', 'nothing.checknothing')).rules
    expect(compiled?.match?.evaluate(bagOf({ 'request.path': '/abc' }))).toBe(true)
  })
})
