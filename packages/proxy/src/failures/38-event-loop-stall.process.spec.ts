import { setTimeout as sleep } from 'node:timers/promises'
import { CountedLoad, figures, nowMs, ServiceRig, tally } from '@meshwork/testkit/faults'
import { expect, it } from 'vitest'

const STALL_MS = 500

interface StallLine {
  readonly time: string
  readonly message: string
  readonly stalledMs: number
  readonly stalls: number
  readonly stack: readonly string[]
}

function stallLines(rig: ServiceRig): readonly StallLine[] {
  const lines = rig.proxy.child.log.lines().filter(line => line.startsWith('{') && line.includes('event loop is stalled'))
  return lines.map((line): StallLine => JSON.parse(line))
}

it('[failure-38] a stall of half a second is told with its stack while it lasts, and counted', async () => {
  await using rig = await ServiceRig.start({ backends: 1 })
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: 100 })
  await sleep(1_000)
  const before = stallLines(rig).length
  const stalledAt = nowMs()
  rig.proxy.stall(STALL_MS)
  while (stallLines(rig).length === before && nowMs() - stalledAt < 5_000) await sleep(5)
  const line = stallLines(rig)[before]
  const detectedMs = Date.parse(line?.time ?? '') - stalledAt
  await sleep(STALL_MS)
  const { sent, lost } = tally(await load.stop(), rig.seen(), stalledAt)
  figures('failure-38', { sent, lost: lost.length, detectedMs, stalledMs: line?.stalledMs ?? Number.NaN })
  // What the stall itself calls may stand above it: the stack is taken at any moment.
  expect(line?.stack.join('\n')).toContain('stallEventLoop')
  expect(line?.stalls).toBeGreaterThan(0)
  expect(detectedMs).toBeLessThan(1_000)
  expect(await rig.admin.stat('server.main_thread.watchdog_miss')).toBeGreaterThan(0)
  // Late, but served.
  expect(lost).toEqual([])
})

it('[failure-38] a process whose event loop does not come back within 5 s is ended, so that its supervisor starts another', async () => {
  await using rig = await ServiceRig.start({ backends: 1 })
  const stalledAt = nowMs()
  rig.proxy.stall(30_000)
  await rig.proxy.child.whenExited()
  const endedMs = nowMs() - stalledAt
  figures('failure-38 without end', { endedMs })
  expect(rig.proxy.child.process.signalCode).toBe('SIGKILL')
  expect(rig.proxy.child.log.all()).toMatch(/stalled for too long.*stallEventLoop/)
  expect(endedMs).toBeGreaterThan(4_500)
  expect(endedMs).toBeLessThan(12_000)
})

it('[failure-38] a process that was stopped from without, as the whole machine may be, is left alone', async () => {
  await using rig = await ServiceRig.start({ backends: 1 })
  const before = stallLines(rig).length
  rig.proxy.child.process.kill('SIGSTOP')
  await sleep(2_000)
  rig.proxy.child.process.kill('SIGCONT')
  await sleep(500)
  expect(stallLines(rig).length).toBe(before)
  expect(rig.proxy.child.running()).toBe(true)
})
