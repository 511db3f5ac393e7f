import { readText } from '@meshwork/config/file'
import { type ConfigBatch, type ConfigSource, keyOf } from '@meshwork/config/source'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { EmptyWorldGuard } from './empty-world-guard.ts'

const service = (name: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{name: http, port: 80}]}}`
const RULE = '{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: r}, spec: {host: a}}'
const { objects } = readText([service('a'), service('b'), service('c'), RULE].join('\n---\n'), 'f.yaml')

async function guarded(confirmMs: number = 1000): Promise<{
  send: (batch: Partial<ConfigBatch>) => void
  left: Set<string>
  alarms: () => number
  clock: ManualClock
}> {
  const clock = new ManualClock()
  const left = new Set<string>()
  let alarms = 0
  let send: (batch: ConfigBatch) => void = () => undefined
  const source: ConfigSource = { start: sink => Promise.resolve(void (send = sink)), close: () => Promise.resolve() }
  const guard = new EmptyWorldGuard(source, { name: 'files', clock, confirmMs })
  await guard.start(({ upserts, deletes, rejections }) => {
    for (const object of upserts) left.add(object.meta.name)
    for (const key of deletes) left.delete(key.name)
    alarms = rejections.length
  })
  return { send: batch => send({ upserts: [], deletes: [], rejections: [], ...batch }), left, alarms: () => alarms, clock }
}

test('an empty list leaves services in force and is told; rules go as they are told to', async () => {
  const { send, left, alarms } = await guarded()
  send({ upserts: objects })
  send({ deletes: objects.map(keyOf) })
  expect([...left]).toEqual(['a', 'b', 'c'])
  expect(alarms()).toBe(1)
})

test('what comes back ends the alarm, and what does not come back is deleted then', async () => {
  const { send, left, alarms, clock } = await guarded()
  send({ upserts: objects })
  send({ deletes: objects.map(keyOf) })
  send({ upserts: objects.slice(0, 2) })
  expect([...left]).toEqual(['a', 'b'])
  expect(alarms()).toBe(0)
  clock.advance(5000)
  expect([...left]).toEqual(['a', 'b'])
})

test('an emptiness that lasts is believed', async () => {
  const { send, left, alarms, clock } = await guarded()
  send({ upserts: objects })
  send({ deletes: objects.map(keyOf) })
  clock.advance(1001)
  expect([...left]).toEqual([])
  expect(alarms()).toBe(0)
})

test('some of many, and the last of a few, go at once', async () => {
  const { send, left } = await guarded()
  send({ upserts: objects })
  send({ deletes: objects.slice(0, 2).map(keyOf) })
  expect([...left]).toEqual(['c', 'r'])
  send({ deletes: objects.slice(2, 3).map(keyOf) })
  expect([...left]).toEqual(['r'])
})

test('without a time to wait every list is believed at once', async () => {
  const { send, left, alarms } = await guarded(0)
  send({ upserts: objects })
  send({ deletes: objects.map(keyOf) })
  expect([...left]).toEqual([])
  expect(alarms()).toBe(0)
})
