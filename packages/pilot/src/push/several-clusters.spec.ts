import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { configDump } from '../serve/config-dump.ts'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { sidecarIdentity } from '../view/testdata/sidecar-identity.ts'
import { PushLoop, type PushReport } from './push-loop.ts'

const IDENTITY = { ...sidecarIdentity(), viewpoint: { cluster: '', network: '' } }
const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 9080}]}
`

function endpoints(...ips: readonly string[]): string {
  return `
apiVersion: v1
kind: Endpoints
metadata: {name: reviews, namespace: default}
subsets: [{addresses: [${ips.map(ip => `{ip: ${ip}}`).join(', ')}], ports: [{name: http, port: 9080}]}]
`
}

function batch(...texts: readonly string[]): ConfigBatch {
  return { upserts: readText(texts.join('---'), 'test.yaml').objects, deletes: [], rejections: [] }
}

function setup(): { loop: PushLoop; pushes: PushReport[] } {
  const pushes: PushReport[] = []
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const log = { ...silentLogger, error: (message: string, fields: unknown) => expect.fail(`${message} ${JSON.stringify(fields)}`) }
  const timing = { clock: new ManualClock(), quietMs: 20, maxMs: 1000 }
  const loop = new PushLoop({ store, log, ...timing, snapshotChanged: () => undefined, pushed: report => pushes.push(report) })
  loop.apply('test', batch(SERVICE, endpoints('10.0.0.1')))
  loop.applyRemote('west', batch(SERVICE, endpoints('10.1.0.1')))
  loop.flush()
  return { loop, pushes }
}

function places(loop: PushLoop): readonly string[] {
  const view = loop.view(loop.ensure(IDENTITY))
  if (view === undefined) throw new Error('no view')
  return [...JSON.stringify(configDump(view).endpoints).matchAll(/"address":"([0-9.]+)"/g)].flatMap(([, address]) => address ?? [])
}

test('endpoints that move in another cluster go out at once, as those of the own one', () => {
  const { loop, pushes } = setup()
  expect(places(loop)).toEqual(['10.0.0.1', '10.1.0.1'])
  loop.applyRemote('west', batch(endpoints('10.1.0.1', '10.1.0.2')))
  expect(pushes.at(-1)?.trigger).toBe('endpoint')
  expect(places(loop)).toEqual(['10.0.0.1', '10.1.0.1', '10.1.0.2'])
})

test('a cluster that leaves takes its endpoints along, and no others; what it has when it comes back counts anew', () => {
  const { loop } = setup()
  loop.applyRemote('west', undefined)
  loop.flush()
  expect(places(loop)).toEqual(['10.0.0.1'])
  loop.applyRemote('west', batch(SERVICE, endpoints('10.1.0.7')))
  loop.flush()
  expect(places(loop)).toEqual(['10.0.0.1', '10.1.0.7'])
})

test('a service that the own cluster loses stays where others have it', () => {
  const { loop } = setup()
  loop.apply('test', { upserts: [], deletes: [{ kind: 'Service', namespace: 'default', name: 'reviews' }], rejections: [] })
  loop.flush()
  expect(places(loop)).toEqual(['10.1.0.1'])
})
