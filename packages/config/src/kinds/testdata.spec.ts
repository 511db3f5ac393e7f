import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { MIXER_SHORT_KINDS } from './mixer/defaults.ts'
import { KINDS, objectParser, readRawObject } from './index.ts'

/** Folders of kinds; each has `testdata/good.yaml` and `testdata/bad.yaml`. */
const FOLDERS = [
  'virtual-service',
  'destination-rule',
  'gateway',
  'service-entry',
  'workload-entry',
  'workload-group',
  'sidecar',
  'envoy-filter',
  'ingress',
  'ingress-class',
  'peer-authentication',
  'request-authentication',
  'authorization-policy',
  'telemetry',
  'mesh-config',
  'service',
  'endpoints',
  'endpoint-slice',
  'pod',
  'node',
  'namespace',
  'secret',
  'service-account',
  'mixer',
  'mixer-client',
  'proxy-config',
  'wasm-plugin',
  'authentication-policy',
  'rbac',
]

interface Bad {
  /** `path code` of every violation, in any order. */
  readonly violations: readonly string[]
  readonly object: unknown
}

const parser = objectParser()

function textOf(folder: string, file: string): string {
  return readFileSync(path.join(import.meta.dirname, folder, 'testdata', file), 'utf8')
}

function outcomeOf(document: unknown): { readonly kind: string; readonly violations: readonly string[] } {
  const raw = readRawObject(document, { file: 'testdata', line: 1 }, 0)
  const outcome = raw.kind === 'err' ? { kind: 'violations' as const, violations: raw.error } : parser.parse(raw.value)
  if (outcome.kind !== 'violations') return { kind: outcome.kind, violations: [] }
  return { kind: 'violations', violations: outcome.violations.map(({ path: place, code }) => `${place} ${code}`).toSorted() }
}

describe.each(FOLDERS)('%s', folder => {
  const good = parseAllDocuments(textOf(folder, 'good.yaml')).map(document => document.toJS() as unknown)
  const bad = parse(textOf(folder, 'bad.yaml'), { merge: true }) as readonly Bad[]

  test.each(good.map((document, i) => [i, document] as const))('good object %i is accepted', (_, document) => {
    expect(outcomeOf(document)).toEqual({ kind: 'object', violations: [] })
  })

  test.each(bad.map(({ violations, object }, i) => [i, violations, object] as const))(
    'bad object %i is refused: %j',
    (_, violations, object) => {
      expect(outcomeOf(object).violations).toEqual(violations.toSorted())
    },
  )
})

test('every kind has good samples', () => {
  const sampled = FOLDERS.flatMap(folder =>
    [...textOf(folder, 'good.yaml').matchAll(/^(?:\{apiVersion: \S+, )?kind: (\w+)/gm)].map(match => match[1]),
  )
  const missing = KINDS.map(({ kind }) => kind).filter(kind => !sampled.includes(kind))
  // The short kinds of Mixer are one definition under many names.
  expect(missing.filter(kind => !MIXER_SHORT_KINDS.some(short => short === kind))).toEqual([])
})
