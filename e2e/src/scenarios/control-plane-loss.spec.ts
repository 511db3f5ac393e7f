import { afterAll, beforeAll, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import { eventually } from '../mesh/eventually.ts'
import { rawExchange } from '../mesh/raw-exchange.ts'
import { ANN, shop } from '../mesh/shop.ts'

const BEN_SERVICE = 'ben:8000'
const STRICT = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: default}
spec: {mtls: {mode: STRICT}}
`
const PLAIN = 'GET / HTTP/1.1\r\nHost: ben:8000\r\nConnection: close\r\n\r\n'

let mesh: LocalMesh

beforeAll(async () => {
  const started = await localBackend.start(shop('loss', { strict: STRICT }))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  await eventually(async () => expect((await mesh.request(ANN, { host: BEN_SERVICE })).status).toBe(200))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

/** Kills a component and stops the process that takes its place as soon as it is there. Gives what lets it go on. */
async function hold(name: string): Promise<() => void> {
  const { pid } = mesh.component(name)
  await mesh.kill(name)
  let held = 0
  await eventually(async () => {
    await mesh.refresh()
    held = mesh.component(name).pid
    expect(held !== pid && held !== 0).toBe(true)
  }, 20_000)
  process.kill(held, 'SIGSTOP')
  return () => process.kill(held, 'SIGCONT')
}

/** Tries plain requests without a pause until told to stop; gives the statuses of those that were answered. */
function knocking(port: number): () => Promise<readonly number[]> {
  const answered: number[] = []
  let stopped = false
  const loop = async (): Promise<readonly number[]> => {
    while (!stopped) answered.push(...(await rawExchange(port, [PLAIN], 200)).statuses)
    return answered
  }
  const done = loop()
  return () => {
    stopped = true
    return done
  }
}

async function restartedSidecar(name: string): Promise<void> {
  const { pid } = mesh.component(name)
  await mesh.kill(name)
  await eventually(async () => {
    await mesh.refresh()
    expect([0, pid]).not.toContain(mesh.component(name).pid)
  }, 20_000)
}

it('[security-103] without pilot and citadel the policy stays, and a restarted sidecar admits nothing', async () => {
  const port = mesh.port('sidecar/ben-v1', 'inbound')
  const stop = knocking(port)
  const releases = [await hold('pilot'), await hold('citadel')]
  for (let turn = 0; turn < 10; turn++) expect((await mesh.request(ANN, { host: BEN_SERVICE })).status).toBe(200)
  await restartedSidecar('sidecar/ben-v1')
  for (let turn = 0; turn < 20; turn++) {
    expect((await mesh.request(ANN, { host: BEN_SERVICE })).status).toBe(503)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  for (const release of releases) release()
  await eventually(async () => expect((await mesh.request(ANN, { host: BEN_SERVICE })).status).toBe(200), 30_000)
  expect(await stop()).toEqual([])
})

it('[security-104] a sidecar does not serve before its key is there', async () => {
  const port = mesh.port('sidecar/ben-v1', 'inbound')
  const release = await hold('citadel')
  const stop = knocking(port)
  await restartedSidecar('sidecar/ben-v1')
  for (let turn = 0; turn < 20; turn++) {
    expect((await mesh.request(ANN, { host: BEN_SERVICE })).status).toBe(503)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  release()
  await eventually(async () => expect((await mesh.request(ANN, { host: BEN_SERVICE })).status).toBe(200), 30_000)
  expect(await stop()).toEqual([])
})
