import { gzipSync } from 'node:zlib'
import { silentLogger } from '@meshwork/core/log'
import { type Clock, systemClock } from '@meshwork/core/time'
import { ManualClock } from '@meshwork/testkit/clock'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { ReplicaNotes } from './replica-notes.ts'

const obstacle = apiServerObstacle()
const WAIT = { timeout: 20_000, interval: 50 }

describe.skipIf(obstacle !== null)(`notes of replicas on a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start()
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  async function replica(identity: string, clock: Clock = systemClock): Promise<ReplicaNotes> {
    const client = KubeClient.fromFile(server.kubeconfig)
    const options = { client, namespace: 'default', name: 'test', identity, clock, log: silentLogger }
    const notes = new ReplicaNotes({ ...options, changed: () => undefined })
    await notes.start()
    return notes
  }

  const count = async (): Promise<number> =>
    (await server.kubectl(['get', 'configmaps', '-l', 'meshwork.dev/replica-note', '-o', 'name'])).split('\n').filter(Boolean).length

  test('what one publishes the others read, until it is taken back', async () => {
    const [first, second] = [await replica('a'), await replica('b')]
    first.publish('one')
    await expect.poll(() => second.others, WAIT).toEqual(['one'])
    expect(first.others).toEqual([])
    first.publish('x'.repeat(2_000_000))
    await expect.poll(() => second.others[0]?.length, WAIT).toBe(2_000_000)
    first.publish(null)
    await expect.poll(() => second.others, WAIT).toEqual([])
    first.publish('again')
    await expect.poll(() => second.others, WAIT).toEqual(['again'])
    await first.close()
    await expect.poll(() => second.others, WAIT).toEqual([])
    await second.close()
    expect(await count()).toBe(0)
  })

  test('the note of one that is gone counts for nothing after a minute, and is swept away', async () => {
    const note = gzipSync('last words').toString('base64')
    const metadata = { name: 'test-gone', labels: { 'meshwork.dev/replica-note': 'test' } }
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { identity: 'gone', note, beat: '7' } }
    await server.kubectl(['apply', '-f', '-'], JSON.stringify(map))
    const clock = new ManualClock()
    const notes = await replica('a', clock)
    await expect.poll(() => notes.others, WAIT).toEqual(['last words'])
    clock.advance(59_000)
    expect(notes.others).toEqual(['last words'])
    clock.advance(1000)
    expect(notes.others).toEqual([])
    await expect.poll(count, WAIT).toBe(0)
    await notes.close()
  })
})
