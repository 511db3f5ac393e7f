import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts } from '@meshwork/testkit/net'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { XdsClient } from '@meshwork/xds/client'
import { connectAds } from '@meshwork/xds/grpc'
import { CLUSTER_TYPE, PROXY_READY_TYPE } from '@meshwork/xds/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pilotAccount } from './testdata/pilot-account.ts'

const obstacle = apiServerObstacle()
const WAIT = { timeout: 20_000, interval: 50 }

describe.skipIf(obstacle !== null)(`starts of pods${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-starts-'))
  let server: TestApiServer
  let pilot: Child | undefined
  let plain = 0

  beforeAll(async () => {
    const [http = 0, xds = 0] = await freePorts(2)
    plain = xds
    server = await TestApiServer.start()
    await server.kubectl(['create', 'namespace', 'istio-system'])
    const kubeconfig = await pilotAccount(server, folder)
    // Who comes by the socket has proved who it is.
    const addresses = ['--xds-address', `unix:${folder}/xds`, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
    pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args: ['--kubeconfig', kubeconfig, ...addresses] })
    await pilot.whenReady()
  }, 90_000)

  afterAll(async () => {
    await pilot?.stop()
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  /** A proxy of the pod that becomes ready, and leaves when pilot has answered it. */
  async function becomesReady(name: string, metadata: Readonly<Record<string, string>>, address = `unix:${folder}/xds`): Promise<void> {
    const connection = connectAds(address)
    const all = { NAME: name, NAMESPACE: 'default', CLUSTER_ID: 'Kubernetes', POD_UID: `uid-of-${name}`, ...metadata }
    const { promise, resolve } = Promise.withResolvers<void>()
    const client = new XdsClient({
      node: {
        ...{ id: `sidecar~10.0.0.1~${name}.default~default.svc.cluster.local`, cluster: '', userAgentName: 'test' },
        ...{ metadata: all, locality: { region: '', zone: '', subZone: '' } },
      },
      ...{ variant: 'delta', open: connection.open, clock: systemClock, log: silentLogger },
      answered: () => resolve(),
    })
    const clusters = { typeUrl: CLUSTER_TYPE, absenceDeletes: true, decode: () => ok(null) }
    client.subscribe({ type: clusters, apply: () => undefined }, { kind: 'everything' })
    client.tell(PROXY_READY_TYPE, ['812'])
    client.start()
    await promise
    client.close()
    connection.close()
  }

  function events(): Promise<string> {
    const path = '{range .items[*]}{.involvedObject.kind}/{.involvedObject.name} {.involvedObject.uid} {.reason} {.message}{"\\n"}{end}'
    return server.kubectl(['get', 'events', '-o', `jsonpath=${path}`])
  }

  test('an event on the pod says how long its application waited for the proxy', async () => {
    await becomesReady('web-1', { START_ORDER: 'gate' })
    await becomesReady('web-2', { START_ORDER: 'native' })
    await becomesReady('web-3', {})
    await expect.poll(events, WAIT).toMatch(/^Pod\/web-1 uid-of-web-1 StartGate start gate 0\.8s: /m)
    await expect.poll(events, WAIT).toMatch(/^Pod\/web-2 uid-of-web-2 SidecarReady native sidecar 0\.8s: /m)
    await expect.poll(events, WAIT).toMatch(/^Pod\/web-3 uid-of-web-3 SidecarReady sidecar 0\.8s: .* did not wait/m)
  })

  test('nothing is written for pods of other clusters, for what is no pod, and for who has not proved who it is', async () => {
    await becomesReady('elsewhere', { CLUSTER_ID: 'west' })
    await becomesReady('machine', { POD_UID: '' })
    await becomesReady('anybody', {}, `127.0.0.1:${plain}`)
    await becomesReady('last', {})
    await expect.poll(events, WAIT).toContain('Pod/last')
    expect(await events()).not.toMatch(/elsewhere|machine|anybody/)
  })
})
