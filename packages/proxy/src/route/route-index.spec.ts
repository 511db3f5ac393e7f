import { expect, test } from 'vitest'
import { route, routeAction, routeTable, virtualHost } from '../engine/testdata/configs.ts'
import { HeaderTable } from '../http/header-table.ts'
import type { PathMatch, RouteConfig } from '../model/route.ts'
import { CompiledRoute } from './compiled-route.ts'
import type { RequestView } from './request-view.ts'
import { RouteIndex } from './route-index.ts'

/** Numbers in [0, 1) that are the same in every run (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
}

const next = numbers(20_261_123)
const pick = <T>(items: readonly T[], otherwise: T): T => items[Math.floor(next() * items.length)] ?? otherwise

/** Short alphabet, so that paths share beginnings often. */
function randomPath(): string {
  let path = '/'
  while (next() < 0.8) path += pick(['a', 'b', 'A', '/', 'ab', '/x', '.'], 'a')
  return path
}

function randomMatch(): PathMatch {
  const value = randomPath()
  const kind = pick(['prefix', 'exact', 'path-separated-prefix', 'regex', 'template', 'prefix-empty'] as const, 'prefix')
  if (kind === 'prefix-empty') return { kind: 'prefix', value: '' }
  if (kind === 'regex') return { kind: 'regex', value: `${value.replaceAll('.', String.raw`\.`)}.*` }
  return { kind, value: kind === 'template' ? `${value}*` : value }
}

function randomRoute(name: string): RouteConfig {
  const base = route('/', routeAction([['c', 1]]), { name })
  const headers =
    next() < 0.3
      ? [{ name: 'x', match: { kind: 'present', present: next() < 0.5 }, invert: false, treatMissingAsEmpty: false } as const]
      : []
  const runtimeFractionPpm = next() < 0.2 ? 500_000 : null
  return { ...base, match: { ...base.match, path: randomMatch(), caseSensitive: next() < 0.7, headers, runtimeFractionPpm } }
}

function request(path: string): RequestView {
  const requestHeaders = new HeaderTable()
  if (next() < 0.5) requestHeaders.append('X', '1')
  return {
    method: 'GET',
    path,
    authority: 'a',
    scheme: 'http',
    requestHeaders,
    connection: { peer: null, peerValidated: false },
    dynamicMetadata: () => null,
  }
}

test('the index answers as asking one route after the other does', () => {
  const table = routeTable('r', [])
  const host = virtualHost(['*'], [])
  let found = 0
  for (let round = 0; round < 400; round++) {
    const count = Math.floor(next() * 30)
    const routes = Array.from({ length: count }, (_, i) => new CompiledRoute(randomRoute(`r${i}`), host, table))
    const index = new RouteIndex(routes)
    for (let i = 0; i < 50; i++) {
      const view = request(randomPath())
      const draw = next()
      const naive = routes.find(one => one.matches(view, view.path, draw)) ?? null
      expect(index.find(view, view.path, draw)?.routeName).toBe(naive?.routeName)
      if (naive !== null) found++
    }
  }
  expect(found).toBeGreaterThan(5000)
})

let asked = 0

class CountingRoute extends CompiledRoute {
  override accepts(view: RequestView, draw: number): boolean {
    asked++
    return super.accepts(view, draw)
  }
}

test('of ten thousand routes only those on the way are asked', () => {
  const host = virtualHost(['*'], [])
  const index = new RouteIndex(
    Array.from({ length: 10_000 }, (_, i) => {
      const path: PathMatch = i % 2 === 0 ? { kind: 'prefix', value: `/service-${i}/` } : { kind: 'exact', value: `/page-${i}` }
      const base = route('/', routeAction([['c', 1]]), { name: `r${i}` })
      return new CountingRoute({ ...base, match: { ...base.match, path } }, host, routeTable('r', []))
    }),
  )
  expect(index.find(request('/service-9998/x'), '/service-9998/x', 0)?.routeName).toBe('r9998')
  expect(index.find(request('/page-9999'), '/page-9999', 0)?.routeName).toBe('r9999')
  expect(index.find(request('/service-99990/x'), '/service-99990/x', 0)).toBeNull()
  expect(asked).toBe(2)
})
