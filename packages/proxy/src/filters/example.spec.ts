import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from '../engine/testdata/configs.ts'
import { get, Harness } from '../engine/testdata/harness.ts'
import { routerBlueprint } from './index.ts'
import { quotaFilter } from './testdata/quota-filter.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

test('docs/filters.md shows the example as it is', () => {
  const doc = readFileSync(new URL('../../../../docs/filters.md', import.meta.url), 'utf8')
  expect(/```ts\n([\s\S]*?)```/.exec(doc)?.[1]).toBe(readFileSync(new URL('testdata/quota-filter.ts', import.meta.url), 'utf8'))
})

test('the example does what it says', async () => {
  const { port } = await harness.httpServer((_request, response) => response.end('served'))
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(
    listener('main', [chain(manager({ kind: 'inline', table }, { httpFilters: [quotaFilter(1), routerBlueprint()] }))]),
  )
  expect(await get(proxy, { headers: { 'x-user': 'ann' } })).toMatchObject({ status: 200, headers: { 'x-quota-left': '0' } })
  expect(await get(proxy, { headers: { 'x-user': 'ann' } })).toMatchObject({ status: 429, body: 'quota is used up\n' })
  expect(await get(proxy, { headers: { 'x-user': 'bob' } })).toMatchObject({ status: 200, body: 'served' })
})
