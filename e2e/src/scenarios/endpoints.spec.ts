import { fileURLToPath } from 'node:url'

import { freePort } from '@meshwork/testkit/net'
import { Child } from '@meshwork/testkit/process'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { LocalMesh, MESHCTL } from '../backend/local/local-backend.ts'
import type { Mesh } from '../backend/mesh.ts'
import { answeredBy, echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { Load } from '../mesh/load.ts'
import { ANN, ECHO, shop } from '../mesh/shop.ts'

const ECHO_PROGRAM = fileURLToPath(new URL('../apps/echo.ts', import.meta.url))
const JOINED = 'echo-joined'

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('endpoints'))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

/** A third instance of `echo`, by `meshctl local run`. */
async function anotherInstance(): Promise<Child> {
  if (!(mesh instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  const port = String(await freePort())
  const options = ['--name', 'echo', '--version', 'v3', '--port', port, '--service-port', '8000', '--state-dir', mesh.paths.root]
  return new Child({
    name: 'meshctl local run',
    command: [process.execPath, MESHCTL, 'local', 'run', ...options, '--', process.execPath, ECHO_PROGRAM],
    environment: { PORT: port, ECHO_NAME: JOINED },
    ipc: false,
  })
}

it('[traffic-105] [traffic-106] a new instance takes traffic, and one that leaves gets none, without an error', async () => {
  const load = new Load(() => mesh.request(ANN, { host: ECHO }))
  const instance = await anotherInstance()
  await eventually(async () => expect(await answeredBy(mesh, ANN, { host: ECHO }, 12)).toHaveProperty(JOINED), 30_000)
  expect(Object.keys(await answeredBy(mesh, ANN, { host: ECHO }, 30)).toSorted()).toEqual([JOINED, 'echo-v1', 'echo-v2'].toSorted())
  const { headers } = await member()
  expect(headers['x-forwarded-client-cert']).toContain('By=spiffe://cluster.local/ns/default/sa/echo')
  await instance.stop()
  expect(Object.keys(await answeredBy(mesh, ANN, { host: ECHO }, 30)).toSorted()).toEqual(['echo-v1', 'echo-v2'])
  const { sent, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(sent).toBeGreaterThan(50)
})

/** What the new instance received. */
async function member(): Promise<ReturnType<typeof echoed>> {
  for (;;) {
    const body = echoed(await mesh.request(ANN, { host: ECHO }))
    if (body.name === JOINED) return body
  }
}
