import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh, MeshReply } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, BEN, ECHO, shop } from '../mesh/shop.ts'

const DENY = `
apiVersion: config.istio.io/v1alpha2
kind: denier
metadata: {name: no, namespace: istio-system}
spec: {status: {code: 7, message: not you}}
---
apiVersion: config.istio.io/v1alpha2
kind: checknothing
metadata: {name: anything, namespace: istio-system}
spec: {}
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: refuse, namespace: istio-system}
spec:
  match: request.headers["end-user"] == "mallory"
  actions: [{handler: no.denier, instances: [anything.checknothing]}]
`

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('policy', { deny: DENY }))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function asUser(user: string, pod: string = ANN): Promise<MeshReply> {
  return mesh.request(pod, { host: ECHO, headers: { 'end-user': user } })
}

async function remoteChecks(pod: string): Promise<number> {
  const { body } = await mesh.page(`sidecar/${pod}`, 'admin', '/stats?filter=mixer')
  return Number(/http_mixer_filter\.total_remote_check_calls: (\d+)/.exec(body)?.[1] ?? Number.NaN)
}

it('[mixer-3] refuses with the status and the words of the handler', async () => {
  await eventually(async () => expect((await asUser('mallory')).status).toBe(403))
  const reply = await asUser('mallory')
  expect(reply.body).toBe('PERMISSION_DENIED:no.denier.istio-system:not you')
  expect(reply.headers['content-type']).toBe('text/plain')
  expect((await asUser('jason')).status).toBe(200)
})

it('answers like requests from the cache of the sidecar', async () => {
  for (let turn = 0; turn < 10; turn++) await asUser('jason', BEN)
  const before = (await remoteChecks('echo-v1')) + (await remoteChecks('echo-v2'))
  expect(before).toBeGreaterThan(0)
  for (let turn = 0; turn < 20; turn++) expect((await asUser('jason', BEN)).status).toBe(200)
  const after = (await remoteChecks('echo-v1')) + (await remoteChecks('echo-v2'))
  expect(after - before).toBe(0)
})

it('refuses what it has to ask about while mixer is gone, and recovers', async () => {
  const statuses = new Set<number>()
  const bodies = new Set<string>()
  await mesh.kill('mixer')
  // Each name is one that the sidecar has to ask about.
  for (let turn = 0; turn < 20; turn++) {
    const reply = await asUser(`stranger-${turn}`)
    statuses.add(reply.status)
    if (reply.status !== 200) bodies.add(reply.body.slice(0, 'UNAVAILABLE'.length))
  }
  expect([...statuses].filter(status => status !== 200)).toEqual([503])
  expect([...bodies]).toEqual(['UNAVAILABLE'])
  let turn = 100
  await eventually(async () => expect((await asUser(`stranger-${turn++}`)).status).toBe(200), 20_000)
  await eventually(async () => expect((await asUser('mallory')).status).toBe(403), 20_000)
})
