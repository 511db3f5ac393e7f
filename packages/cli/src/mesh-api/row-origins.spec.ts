import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileLocator, readText } from '@meshwork/config/file'
import { describe, expect, it } from 'vitest'
import { meshModel } from '../trace/mesh-model.ts'
import { citer } from '../trace/step.ts'
import { matchSummary } from './match-summary.ts'
import { rowOrigins } from './row-origins.ts'

const TEXT = readFileSync(path.join(import.meta.dirname, '../trace/testdata/bookinfo.yaml'), 'utf8')
const { objects, documents } = readText(TEXT, 'm.yaml')
const origins = rowOrigins(meshModel(objects, documents), citer(fileLocator(new Map([['m.yaml', TEXT]]))))

function lineOf(wanted: string, nth = 1): number {
  return TEXT.split('\n').flatMap((line, i) => (line.trim() === wanted ? [i + 1] : []))[nth - 1] ?? -1
}

const CONFIG = {
  metadata: { filter_metadata: { istio: { config: '/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews' } } },
}

describe('rowOrigins', () => {
  it('finds the match block of a route by its conditions', () => {
    const match = matchSummary({ prefix: '/', headers: [{ name: 'end-user', string_match: { exact: 'jason' } }] })
    expect(match).toBe('/* + end-user=jason')
    expect(origins.ofRoute(CONFIG, match, 'reviews.default.svc.cluster.local:9080')).toEqual({
      object: 'VirtualService default/reviews',
      origin: `m.yaml:${lineOf('- headers:')}`,
    })
  })

  it('falls back to the object, and to the service for default routes', () => {
    expect(origins.ofRoute(CONFIG, '/unheard-of', 'x').object).toBe('VirtualService default/reviews')
    expect(origins.ofRoute({}, '/*', 'reviews.default.svc.cluster.local:9080')).toEqual({
      object: 'Service default/reviews',
      origin: `m.yaml:${lineOf('- name: http')}`,
    })
  })

  it('finds the subset of a cluster, the port of a whole service, and the port of a listener', () => {
    expect(origins.ofCluster('outbound|9080|v2|reviews.default.svc.cluster.local').origin).toBe(`m.yaml:${lineOf('- name: v2')}`)
    expect(origins.ofCluster('outbound|3306||mysql.default.svc.cluster.local').origin).toBe(`m.yaml:${lineOf('- name: tcp')}`)
    expect(origins.ofListener('0.0.0.0', 9080).object).toBe('Service default/reviews')
    expect(origins.ofCluster('BlackHoleCluster')).toEqual({ object: '', origin: '' })
  })
})
