import type { Logger } from '@meshwork/core/log'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { DnsServer } from '@meshwork/testkit/faults'
import { expect, test } from 'vitest'
import { GatewayNames } from './gateway-names.ts'
import { lookUpName, type NameAnswer } from './look-up-name.ts'

interface World {
  readonly names: GatewayNames
  readonly clock: ManualClock
  readonly changes: (readonly [string, readonly string[]])[]
  readonly warnings: string[]
  /** The time passes, and the answers to what is asked then have come. */
  pass(ms: number): Promise<void>
}

function worldWith(lookUp: (name: string) => Promise<NameAnswer | null>): World {
  const clock = new ManualClock()
  const changes: World['changes'] = []
  const warnings: string[] = []
  const pending: Promise<unknown>[] = []
  const log: Logger = { ...silentLogger, warn: message => warnings.push(message) }
  const asked = (name: string): Promise<NameAnswer | null> => {
    const answer = lookUp(name)
    pending.push(answer)
    return answer
  }
  const names = new GatewayNames({ lookUp: asked, changed: (name, addresses) => changes.push([name, addresses]), clock, log })
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await Promise.all(pending.splice(0))
    await Promise.resolve()
  }
  return { names, clock, changes, warnings, pass }
}

test('a name is asked of name servers, again when its answer ends, and keeps its addresses while nobody answers', async () => {
  await using server = await DnsServer.listen()
  server.behaviour = { kind: 'answer', addresses: ['192.0.2.7', '192.0.2.1'], ttlSeconds: 30 }
  const world = worldWith(name => lookUpName(name, [`127.0.0.1:${server.port}`]))
  world.names.want({ names: ['gateway.example'] })
  await world.names.start()
  expect(world.changes).toEqual([['gateway.example', ['192.0.2.1', '192.0.2.7']]])

  server.behaviour = { kind: 'no-such-name' }
  await world.pass(29_999)
  expect(server.asked).toBe(1)
  await world.pass(1)
  expect(world.changes).toHaveLength(1)
  expect(world.warnings).toHaveLength(1)

  server.behaviour = { kind: 'answer', addresses: ['192.0.2.9'], ttlSeconds: 3600 }
  await world.pass(5000)
  expect(world.changes.at(-1)).toEqual(['gateway.example', ['192.0.2.9']])
  await world.names.close()
})

test('the order of addresses is no change, and names that no gateway has any more are not asked again', async () => {
  const answers = [['192.0.2.1', '192.0.2.2'], ['192.0.2.2', '192.0.2.1'], ['192.0.2.3']]
  let asked = 0
  const world = worldWith(async () => ({ addresses: answers[asked++] ?? [], ttlMs: null }))
  world.names.want({ names: ['a.example'] })
  await world.names.start()
  await world.pass(5000)
  expect([asked, world.changes.length]).toEqual([2, 1])
  world.names.want({ names: [] })
  await world.pass(600_000)
  expect(asked).toBe(2)
  await world.names.close()
})

test('a name server that is silent holds nobody up for longer than five seconds', async () => {
  const world = worldWith(() => new Promise(() => undefined))
  world.names.want({ names: ['a.example'] })
  const started = world.names.start()
  world.clock.advance(5000)
  await started
  expect(world.changes).toEqual([])
  await world.names.close()
})
