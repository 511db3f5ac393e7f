import { BackendProcess, CountedLoad, figures, tally } from '@meshwork/testkit/faults'
import { builtProgram, type Program } from '@meshwork/testkit/process'
import { NewerRelay } from '@meshwork/testkit/xds'
import { beforeAll, expect, it } from 'vitest'

import { earlierBuild } from '../earlier/earlier-build.ts'
import { eventually } from '../mesh/eventually.ts'
import { OutageMesh } from '../mesh/outage-mesh.ts'

const RATE = 60
const FOLLOWS_MS = 30_000

let oldPilot: Program
let oldProxy: Program

beforeAll(async () => {
  const { root } = await earlierBuild(line => process.stderr.write(`${line}\n`))
  const program = (name: string): Program => ({ file: `${root}/packages/${name}/dist/program/main.js`, nodeOptions: [] })
  oldPilot = program('pilot')
  oldProxy = program('proxy')
}, 900_000)

/** All proxies take what pilot has, follow a change of it, and refuse nothing. */
async function follow(mesh: OutageMesh, entries: readonly number[], proxies: number): Promise<void> {
  await eventually(async () => expect(await mesh.synced()).toHaveLength(proxies), FOLLOWS_MS)
  expect(await mesh.refusals()).toBe(0)
  // Under a path that the load does not use.
  await mesh.answerProbe(418)
  for (const port of entries) await eventually(async () => expect((await mesh.call(port)).status).toBe(418), FOLLOWS_MS)
  await mesh.answerProbe(null)
  for (const port of entries) await eventually(() => mesh.expectServed(port), FOLLOWS_MS)
  expect(await mesh.refusals()).toBe(0)
}

it(
  '[failure-29] earlier and present proxies work with an earlier pilot, with the present one in its place, and with the earlier one again',
  { timeout: 240_000 },
  async () => {
    await using backend = await BackendProcess.start({ name: 'backend' })
    await using mesh = await OutageMesh.start(backend.port, oldPilot)
    const kinds = [oldProxy, 'meshwork'] as const
    const entries = await Promise.all(kinds.map((kind, index) => mesh.addProxy(`proxy-${index}`, kind)))
    for (const port of entries) await eventually(() => mesh.expectServed(port), FOLLOWS_MS)
    const loads = entries.map(port => new CountedLoad({ port, ratePerSecond: RATE / kinds.length, host: OutageMesh.host, path: '/load/' }))
    await follow(mesh, entries, kinds.length)
    for (const pilot of [builtProgram('pilot/main'), oldPilot]) {
      await mesh.killPilot()
      await mesh.startPilot(pilot)
      await follow(mesh, entries, kinds.length)
    }
    const { sent, lost } = tally((await Promise.all(loads.map(load => load.stop()))).flat(), [], 0)
    figures('failure-29 mixed builds', { sent, lost: lost.length })
    expect(lost).toEqual([])
    expect(sent).toBeGreaterThan(RATE)
  },
)

it(
  '[failure-29] a newer pilot and newer proxies: fields and types that nobody knows are ignored, and nothing is refused',
  { timeout: 240_000 },
  async () => {
    await using backend = await BackendProcess.start({ name: 'backend' })
    await using mesh = await OutageMesh.start(backend.port)
    using relay = await NewerRelay.listen(mesh.xdsAddress)
    const kinds = [oldProxy, 'meshwork'] as const
    const entries = await Promise.all(kinds.map((kind, index) => mesh.addProxy(`proxy-${index}`, kind, relay.address)))
    for (const port of entries) await eventually(() => mesh.expectServed(port), FOLLOWS_MS)
    const loads = entries.map(port => new CountedLoad({ port, ratePerSecond: RATE / kinds.length, host: OutageMesh.host, path: '/load/' }))
    await follow(mesh, entries, kinds.length)
    const { sent, lost } = tally((await Promise.all(loads.map(load => load.stop()))).flat(), [], 0)
    figures('failure-29 newer peers', { sent, lost: lost.length, streams: relay.streams, responses: relay.responses })
    expect(lost).toEqual([])
    // Nobody gave a stream up because of what it did not know.
    expect(relay.streams).toBe(kinds.length)
    expect(relay.responses).toBeGreaterThan(0)
  },
)
