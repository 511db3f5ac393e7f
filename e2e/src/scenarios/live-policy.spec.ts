import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { Load } from '../mesh/load.ts'
import { ANN, ECHO } from '../mesh/shop.ts'

/** Row 43: effect in less than 5 s. */
const EFFECT_LIMIT_MS = 5_000
const CHANGES = 6

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start({
    name: 'live-policy',
    services: ['ann', 'echo'].map(name => ({ name, port: 8000, versions: ['v1'] })),
    config: {},
  })
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function mutualTls(mode: string): string {
  return `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: default}, spec: {mtls: {mode: ${mode}}}}`
}

/** A stranger without a certificate, on a connection of its own. */
async function strangerStatus(): Promise<number> {
  return (await mesh.requestWithoutProxy('echo-v1', { host: ECHO, headers: { connection: 'close' } })).status
}

it('[security-43] a change of what is accepted takes effect soon and fails no request of a member', async () => {
  await eventually(async () => expect((await mesh.request(ANN, { host: ECHO })).status).toBe(200))
  const load = new Load(() => mesh.request(ANN, { host: ECHO }))
  const underWay: Promise<number>[] = []
  for (let change = 0; change < CHANGES; change++) {
    const strict = change % 2 === 0
    underWay.push(mesh.request(ANN, { host: ECHO, headers: { 'x-echo': '200@1500' } }).then(({ status }) => status))
    await mesh.apply('mtls', mutualTls(strict ? 'STRICT' : 'PERMISSIVE'))
    const tookMs = await eventually(async () => expect(await strangerStatus()).toBe(strict ? 0 : 200))
    expect(tookMs).toBeLessThan(EFFECT_LIMIT_MS)
  }
  expect(await Promise.all(underWay)).toEqual(Array.from({ length: CHANGES }, () => 200))
  const { sent, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(sent).toBeGreaterThan(CHANGES)
})
