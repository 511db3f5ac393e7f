import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { analyze } from '../analysis/index.ts'
import { KINDS } from '../kinds/index.ts'
import { readText } from './index.ts'

const sample = (folder: string): string => readFileSync(path.join(import.meta.dirname, `../kinds/${folder}/testdata/good.yaml`), 'utf8')
const SAMPLES = [
  'virtual-service',
  'destination-rule',
  'gateway',
  'service-entry',
  'sidecar',
  'peer-authentication',
  'pod',
  'endpoint-slice',
].map(sample)

describe('whatever is written', () => {
  test('any content of any kind is read or refused, never thrown at', () => {
    const content = fc.object({
      maxDepth: 5,
      key: fc.constantFrom(
        'hosts',
        'http',
        'match',
        'route',
        'uri',
        'exact',
        'servers',
        'port',
        'ports',
        'number',
        'subsets',
        'tls',
        'status',
        '__proto__',
      ),
      values: [fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)],
    })
    const kind = fc.constantFrom(...KINDS)
    fc.assert(
      fc.property(kind, content, ({ kind: name, apiVersions, body }, written) => {
        const document = {
          apiVersion: apiVersions[0],
          kind: name,
          metadata: { name: 'a' },
          ...(body === 'spec' ? { spec: written } : written),
        }
        const { objects, rejections } = readText(JSON.stringify(document), 'x.json')
        expect(objects.length + rejections.length).toBe(1)
        expect(rejections.every(({ violations }) => violations.length > 0)).toBe(true)
        analyze(objects, rejections)
      }),
      { numRuns: 400 },
    )
  }, 60_000)

  test('damaged text is read or refused, never thrown at, and every violation has a line of the text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.nat(),
        fc.nat(12),
        fc.constantFrom('', '[', '}', ': ', '\n', '- ', '&a *a', '"', '!!', '%', '\t', '\0', 'é'),
        (text, at, length, damage) => {
          const place = at % text.length
          const damaged = text.slice(0, place) + damage + text.slice(place + length)
          const { objects, rejections } = readText(damaged, 'x.yaml')
          const lines = damaged.split('\n').length
          expect(rejections.flatMap(({ violations }) => violations).filter(({ line }) => line < 1 || line > lines)).toEqual([])
          analyze(objects, rejections)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)
})

test('keys that look like numbers are names of ports', () => {
  const { objects, rejections } = readText(sample('peer-authentication'), 'x.yaml')
  expect(rejections).toEqual([])
  expect(objects[1]?.spec).toMatchObject({ portLevelMtls: { '8080': { mode: 'DISABLE' } } })
})

test('merge keys and anchors work', () => {
  const text = 'x: &meta {namespace: bank}\napiVersion: v1\nkind: Secret\nmetadata: {<<: *meta, name: s}\n'
  expect(readText(text, 'x.yaml').objects[0]?.meta).toMatchObject({ namespace: 'bank', name: 's' })
})
