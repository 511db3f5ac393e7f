import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh, MeshReply } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, shop } from '../mesh/shop.ts'

const OBJECTS = `
apiVersion: config.istio.io/v1alpha2
kind: checknothing
metadata: {name: anything, namespace: istio-system}
spec: {}
---
apiVersion: config.istio.io/v1alpha2
kind: metric
metadata: {name: checks, namespace: istio-system}
spec:
  value: "1"
  dimensions: {cached: check.cache_hit | false, path: request.path | ""}
  monitored_resource_type: '"UNSPECIFIED"'
---
apiVersion: config.istio.io/v1alpha2
kind: prometheus
metadata: {name: checks, namespace: istio-system}
spec:
  metrics: [{name: checks_total, instance_name: checks.metric.istio-system, kind: COUNTER, label_names: [cached, path]}]
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: checks, namespace: istio-system}
spec:
  match: context.reporter.kind == "inbound"
  actions: [{handler: checks.prometheus, instances: [checks.metric]}]
`

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('mixer-life', { objects: OBJECTS, never: denier('never', '/never', 7) }))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function get(path: string): Promise<MeshReply> {
  return mesh.request(ANN, { host: 'ben:8000', path })
}

let asked = 0

/** A path that no sidecar has an answer for yet. */
function fresh(path: string): Promise<MeshReply> {
  return get(`${path}/${asked++}`)
}

function denier(name: string, path: string, code: number): string {
  return `
apiVersion: config.istio.io/v1alpha2
kind: denier
metadata: {name: ${name}, namespace: istio-system}
spec: {status: {code: ${code}, message: no}, validDuration: 0.1s}
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: ${name}, namespace: istio-system}
spec:
  match: request.path.startsWith("${path}")
  actions: [{handler: ${name}.denier, instances: [anything.checknothing]}]
`
}

async function remoteChecks(): Promise<number> {
  const { body } = await mesh.page('sidecar/ben-v1', 'admin', '/stats?filter=mixer')
  return Number(/http_mixer_filter\.total_remote_check_calls: (\d+)/.exec(body)?.[1] ?? Number.NaN)
}

it('[mixer-11] asks once for ten equal requests, and reports nine as answered from the cache', async () => {
  await get('/warm')
  const before = await remoteChecks()
  for (let turn = 0; turn < 10; turn++) expect((await get('/ten')).status).toBe(200)
  expect((await remoteChecks()) - before).toBe(1)
  await eventually(async () => {
    const { body } = await mesh.page('adapter/prometheus', 'metrics', '/metrics')
    const hits = (cached: boolean): number =>
      Number(new RegExp(`checks_total\\{cached="${cached}",path="/ten"\\} (\\d+)`).exec(body)?.[1] ?? 0)
    expect([hits(false), hits(true)]).toEqual([1, 9])
  })
})

it('[mixer-76] follows a file that is added, edited, broken and deleted', async () => {
  await mesh.apply('deny', denier('deny', '/followed', 7))
  await eventually(async () => expect((await fresh('/followed')).status).toBe(403), 3_000)
  await mesh.apply('deny', denier('deny', '/followed', 5))
  await eventually(async () => expect((await fresh('/followed')).status).toBe(404), 3_000)
  await mesh.apply('deny', 'kind: [rule\n')
  for (let turn = 0; turn < 5; turn++) {
    expect((await fresh('/followed')).status).toBe(404)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  await mesh.remove('deny')
  await eventually(async () => expect((await fresh('/followed')).status).toBe(200), 3_000)
})

it('[mixer-18] answers 504 within about five seconds when an adapter does not', async () => {
  await mesh.apply('slow', denier('slow', '/slow', 7))
  await eventually(async () => expect((await fresh('/slow')).status).toBe(403), 3_000)
  await new Promise(resolve => setTimeout(resolve, 200))
  const { pid } = mesh.component('adapter/denier')
  process.kill(pid, 'SIGSTOP')
  const reply = await fresh('/slow')
  process.kill(pid, 'SIGCONT')
  expect(reply.status).toBe(504)
  expect(reply.durationMs).toBeGreaterThan(4_000)
  expect(reply.durationMs).toBeLessThan(6_500)
})
