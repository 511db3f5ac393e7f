import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { SyncState } from '@meshwork/xds/server'
import { ROUTE_TYPE, seal } from '@meshwork/xds/types'
import { expect, test } from 'vitest'
import type { GeneratedView } from '../push/index.ts'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { type ConnectedProxy, objectStatuses, type ObjectStatus } from './object-status.ts'

const virtualService = (name: string, route: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${name}}\nspec: {hosts: [${name}], http: [{${route}}]}\n`
const ROUTE = 'route: [{destination: {host: b}}]'
const GOOD = virtualService('a', ROUTE)

/** Statuses after each of the texts was in force in turn; the proxies have a route table made of line 1 of the file. */
function statuses(
  texts: readonly string[],
  states: readonly (SyncState | undefined)[] = [],
  heldBack: readonly string[] = [],
): readonly ObjectStatus[] {
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  for (const text of texts) {
    const { objects, rejections } = readText(text, 'f.yaml')
    store.apply('files', { upserts: objects, deletes: [], rejections })
  }
  return objectStatuses(
    store.current(),
    states.map((state, i) => proxy(`p${i}`, state, i === 0 ? heldBack : [])),
  )
}

function proxy(id: string, state: SyncState | undefined, heldBack: readonly string[]): ConnectedProxy {
  const routes = [{ resource: seal(ROUTE_TYPE, '80', () => new Uint8Array()), message: {}, origins: [{ file: 'f.yaml', line: 1 }] }]
  const none = { clusters: [], endpoints: [], listeners: [], secrets: [], names: [], extensions: [] }
  // The message itself is not looked at.
  const view = { ...none, routes } as unknown as GeneratedView
  const node = { id, cluster: '', metadata: {}, userAgentName: '', locality: undefined } as unknown as ConnectedProxy['client']['node']
  const types = new Map(state === undefined ? [] : [[ROUTE_TYPE, state] as const])
  return { client: { node, viewKey: 'v', connectedAt: 0, types, heldBack: new Map([[ROUTE_TYPE, heldBack]]) }, view }
}

const acked: SyncState = { kind: 'acked', version: '1', ackedAt: 1 }
const sent: SyncState = { kind: 'sent', version: '1', sentAt: 1 }
const nacked: SyncState = { kind: 'nacked', version: '1', nackedAt: 1, message: 'no such filter' }

test.each([
  ['nobody to tell', [], { state: 'Accepted', programmed: { on: 0, of: 0 } }],
  ['everybody has it', [acked, acked], { state: 'Programmed', programmed: { on: 2, of: 2 }, sentence: 'programmed on 2 of 2 proxies' }],
  ['one has not answered', [acked, sent, undefined], { state: 'Pending', programmed: { on: 1, of: 3 } }],
  [
    'one refuses',
    [acked, nacked],
    { state: 'Rejected', sentence: 'p1 says: no such filter', refusals: [{ proxy: 'p1', type: 'rds', message: 'no such filter' }] },
  ],
] as const)('%s', (_, states, expected) => {
  expect(statuses([GOOD], states)).toMatchObject([{ kind: 'VirtualService', name: 'a', line: 1, ...expected }])
})

test('what a proxy is not sent yet it does not run, although it has accepted all that it was sent', () => {
  expect(statuses([GOOD], [acked, acked], ['80'])).toMatchObject([
    {
      state: 'Pending',
      sentence: 'programmed on 1 of 2 proxies; held back on 1 until the clusters that it leads to can be used',
      programmed: { on: 1, of: 2 },
      heldOn: 1,
    },
  ])
  expect(statuses([GOOD], [acked, acked], ['9090'])).toMatchObject([{ state: 'Programmed', heldOn: 0 }])
})

test('an object that was never valid, and one whose last good version stays', () => {
  const bad = virtualService('a', 'bogus: 1')
  expect(statuses([bad])).toMatchObject([{ name: 'a', state: 'Rejected', sentence: "spec.http[0].bogus: unknown field 'bogus'" }])
  expect(statuses([GOOD, bad])).toMatchObject([{ name: 'a', state: 'Rejected', violations: [{ line: 4 }] }])
  expect(statuses([GOOD, bad])[0]?.sentence).toContain('the last good version stays')
})

test('warnings tell what is outdated and what is left out', () => {
  const [status] = statuses([virtualService('a', `${ROUTE}, fault: {abort: {}}`)])
  expect(status?.warnings).toMatchObject([{ path: 'spec.http[0].fault.abort', code: 'left-out' }])
})

test('routes of delegates that count for nothing are told to their owners, as long as they do', () => {
  const match = (prefix: string): string => `match: [{uri: {prefix: ${prefix}}}]`
  const root = (delegate: string): string => virtualService('a', `${match('/a')}, delegate: {name: ${delegate}}`)
  const part = (prefix: string): string =>
    `---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: p}\nspec: {http: [{${match('/a/b')}, ${ROUTE}}, {${match(prefix)}, ${ROUTE}}]}\n`
  const told = (...texts: readonly string[]): unknown =>
    statuses(texts).flatMap(({ name, warnings }) => warnings.map(({ path, message }) => [name, path, message]))
  const conflict = ['p', 'spec.http[1]', 'is left out: default/a delegates to it at spec.http[0], whose matches it contradicts']
  expect(told(root('p') + part('/other'))).toEqual([conflict])
  expect(told(root('p') + part('/other'), root('p') + part('/a/c'))).toEqual([])
  expect(told(root('nobody'))).toEqual([['a', 'spec.http[0].delegate', 'is left out: there is no VirtualService default/nobody']])
  expect(told(`${root('b')}---\n${virtualService('b', ROUTE)}`)).toEqual([
    ['a', 'spec.http[0].delegate', 'is left out: default/b has hosts of its own'],
  ])
})
