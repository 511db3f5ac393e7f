import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { tcpFilter } from '@meshwork/testkit/bootstrap'
import { processUsage } from '@meshwork/testkit/attack'
import { CountedLoad, figures, nowMs, ServiceRig, tally } from '@meshwork/testkit/faults'
import { expect, it } from 'vitest'

const DESCRIPTORS = 256
const CLIENTS = 400
const STARVED_MS = 2000
/** Of the counted load. Only one: a further one that it opened in the crowd would be turned away like any other. */
const CONNECTIONS = 1
const LIMITED = { prefix: ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`] }

/** Clients that connect and say nothing. `left`: those whom the proxy sent away. */
class SilentClients implements Disposable {
  readonly sockets: Socket[] = []
  left = 0

  async add(port: number, count: number): Promise<void> {
    const added = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
    for (const socket of added) {
      socket.on('error', () => undefined)
      socket.once('close', () => this.left++)
    }
    this.sockets.push(...added)
    await Promise.all(added.map(socket => once(socket, 'connect')))
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.destroy()
  }
}

it('[failure-26] without descriptors left, clients are turned away and counted; who is in is served, and so is the admin', async () => {
  await using rig = await ServiceRig.start({ backends: 1, place: LIMITED })
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: 50, connections: CONNECTIONS })
  await sleep(300)
  const faultAt = nowMs()
  using clients = new SilentClients()
  await clients.add(rig.entry, CLIENTS)
  await sleep(300)
  const began = performance.now()
  const before = processUsage(rig.pid)
  const turnedAway = await rig.admin.stat(`listener.127.0.0.1_${rig.entry}.downstream_global_cx_overflow`)
  await sleep(STARVED_MS)
  // The load is a part of it, fifty requests a second.
  const cpuPercent = (100 * (processUsage(rig.pid).cpuMs - before.cpuMs)) / (performance.now() - began)
  expect(await rig.admin.page('/ready')).toBe('LIVE\n')
  expect(turnedAway - clients.left).toBeGreaterThanOrEqual(0)
  expect(turnedAway - clients.left).toBeLessThanOrEqual(CONNECTIONS)
  const descriptors = processUsage(rig.pid).descriptors
  clients[Symbol.dispose]()
  await sleep(300)
  // There is room again, for new clients too.
  using later = new SilentClients()
  await later.add(rig.entry, 20)
  await sleep(100)
  expect(later.left).toBe(0)
  const { sent, lost, duplicated } = tally(await load.stop(), rig.seen(), faultAt)
  figures('failure-26', { sent, lost: lost.length, duplicated: duplicated.length, turnedAway, descriptors, cpuPercent })
  expect(lost).toEqual([])
  expect(duplicated).toEqual([])
  expect(turnedAway).toBeGreaterThan(CLIENTS / 2)
  expect(descriptors).toBeLessThan(DESCRIPTORS)
  expect(cpuPercent).toBeLessThan(15)
})

it('[failure-26] connections that need one of their own to an upstream leave the admin its share too', async () => {
  await using rig = await ServiceRig.start({ backends: 1, place: LIMITED, filter: tcpFilter('service') })
  using clients = new SilentClients()
  await clients.add(rig.entry, CLIENTS)
  await sleep(500)
  const { descriptors } = processUsage(rig.pid)
  figures('failure-26 TCP', { turnedAway: clients.left, descriptors })
  expect(await rig.admin.page('/ready')).toBe('LIVE\n')
  expect(descriptors).toBeLessThan(DESCRIPTORS)
  expect(CLIENTS - clients.left).toBeGreaterThan(70)
})
