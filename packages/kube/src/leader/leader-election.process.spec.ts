import { silentLogger } from '@meshwork/core/log'
import { type Clock, systemClock } from '@meshwork/core/time'
import { ManualClock } from '@meshwork/testkit/clock'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { LeaderElection } from './leader-election.ts'

const obstacle = apiServerObstacle()

describe.skipIf(obstacle !== null)(`leader election on a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer
  const started: LeaderElection[] = []

  beforeAll(async () => {
    server = await TestApiServer.start()
  })

  afterEach(async () => {
    await Promise.all(started.splice(0).map(each => each.close()))
    await server.kubectl(['delete', 'lease', '--all'])
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  async function candidate(identity: string, clock: Clock = systemClock): Promise<{ election: LeaderElection; told: readonly boolean[] }> {
    const told: boolean[] = []
    const client = KubeClient.fromFile(server.kubeconfig)
    const changed = (leads: boolean): void => void told.push(leads)
    const election = new LeaderElection({ client, namespace: 'default', name: 'mesh', identity, clock, log: silentLogger, changed })
    started.push(election)
    await election.start()
    return { election, told }
  }

  const holder = (): Promise<string> =>
    server.kubectl(['get', 'lease', 'mesh', '-o', 'jsonpath={.spec.holderIdentity}/{.spec.leaseTransitions}'])

  test('one leads; the next one as soon as it lets go', async () => {
    const first = await candidate('a')
    await expect.poll(() => first.told, { timeout: 10_000 }).toEqual([true])
    const second = await candidate('b')
    expect(await holder()).toBe('a/1')
    await first.election.close()
    expect(first.told).toEqual([true, false])
    await expect.poll(() => second.told, { timeout: 10_000 }).toEqual([true])
    expect(await holder()).toBe('b/2')
  })

  test('a leader without an API server stops to lead; one that says nothing more is replaced after 15 s', async () => {
    const clock = new ManualClock()
    const first = await candidate('a', clock)
    await expect.poll(() => first.told, { timeout: 10_000 }).toEqual([true])
    await server.crash()
    await expect.poll(() => (clock.advance(2000), first.told), { timeout: 20_000, interval: 50 }).toEqual([true, false])
    await server.recover()
    // The first one's clock stands still from here on: it says nothing more.
    const later = new ManualClock()
    const second = await candidate('b', later)
    let advanced = 0
    const moved = (): readonly boolean[] => {
      later.advance(1000)
      advanced++
      return second.told
    }
    await expect.poll(moved, { timeout: 20_000, interval: 50 }).toEqual([true])
    expect(advanced).toBeGreaterThanOrEqual(15)
    expect(await holder()).toBe('b/2')
  })
})
