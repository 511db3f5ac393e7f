import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  dynamicCluster,
  dynamicHttpFilter,
  endpoints,
  fromControlPlane,
  listener,
  routeTable,
  StaticProxy,
} from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, figures, nowMs, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResources, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-state-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Asks again and again, from before anybody listens; gives when the first right answer came. */
async function firstServed(port: number): Promise<number> {
  for (;;) {
    if ((await statusOf(port)) === 200) return nowMs()
    await sleep(5)
  }
}

/** Milliseconds, of all threads; the kernel counts in steps of 10. */
function processorTime(pid: number): number {
  const [user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number)
  return (user + system) * 10
}

function statusOf(port: number): Promise<number> {
  return new Promise(resolve => {
    const call = request({ host: '127.0.0.1', port, path: '/first', agent: false }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    call.once('error', () => resolve(0))
    call.end()
  })
}

it('[failure-3] a proxy that is killed while its control plane is down serves again from what it kept', async () => {
  await using backend = await BackendProcess.start({ name: 'backend' })
  const [entry = 0, adminPort = 0] = await freePorts(2)
  const pilot = new TestControlPlane()
  pilot.set(
    jsonResources({
      [CLUSTER_TYPE]: [dynamicCluster('service')],
      [ENDPOINT_TYPE]: [endpoints('service', backend.port)],
      [LISTENER_TYPE]: [listener(entry, dynamicHttpFilter('main'))],
      [ROUTE_TYPE]: [routeTable('main', 'service')],
    }),
  )
  await pilot.start()
  const config = fromControlPlane(Number(pilot.address.split(':')[1]), adminPort)
  const start = (): Promise<StaticProxy> => StaticProxy.start('proxy', config, { flags: ['--state-folder', folder] })
  const took: number[] = []
  const processorMs: number[] = []
  {
    await using first = await start()
    expect(await statusOf(entry)).toBe(200)
    while (readdirSync(folder).length === 0) await sleep(10)
    await sleep(700)
    pilot.stop()
    await first.child.kill()
  }
  for (let turn = 0; turn < 5; turn++) {
    expect(await statusOf(entry)).toBe(0)
    const begunAt = nowMs()
    const served = firstServed(entry)
    await using proxy = await start()
    took.push((await served) - begunAt)
    processorMs.push(processorTime(proxy.child.pid ?? 0))
    const load = new CountedLoad({ port: entry, ratePerSecond: 200 })
    await sleep(200)
    const { lost } = tally(await load.stop(), [], 0)
    expect(lost).toEqual([])
    await proxy.child.kill()
  }
  figures('failure-3', { fastestMs: Math.min(...took), slowestMs: Math.max(...took), processorMs: Math.min(...processorMs) })
  // The goal is 300 ms, the start of the process included. A machine with other work takes longer; what the proxy needs of it is bounded closer.
  expect(Math.min(...took)).toBeLessThan(5_000)
  expect(Math.min(...processorMs)).toBeLessThan(900)
})
