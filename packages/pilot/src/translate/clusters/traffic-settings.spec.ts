import type { DestinationRuleSpec, PortTrafficPolicy, TrafficPolicy } from '@meshwork/config/kinds'
import { expect, test } from 'vitest'
import { settingsFor } from './traffic-settings.ts'

const ROUND: Pick<TrafficPolicy, 'loadBalancer'> = { loadBalancer: { simple: 'ROUND_ROBIN' } }
const RANDOM: Pick<TrafficPolicy, 'loadBalancer'> = { loadBalancer: { simple: 'RANDOM' } }
const POOL: Pick<TrafficPolicy, 'connectionPool'> = { connectionPool: { tcp: { maxConnections: 1 } } }
const TUNNEL: Pick<TrafficPolicy, 'tunnel'> = { tunnel: { targetHost: 'a.test', targetPort: 1 } }

function rule(
  top: Partial<TrafficPolicy> | undefined,
  own?: Partial<TrafficPolicy>,
  port?: PortTrafficPolicy,
  ownPort?: PortTrafficPolicy,
): DestinationRuleSpec {
  const policy = (part: Partial<TrafficPolicy>, entry: PortTrafficPolicy | undefined): TrafficPolicy => ({
    ...part,
    portLevelSettings: entry === undefined ? [] : [entry],
  })
  return {
    host: 'a',
    exportTo: [],
    ...(top !== undefined && { trafficPolicy: policy(top, port) }),
    subsets: [{ name: 'v1', labels: {}, ...(own !== undefined && { trafficPolicy: policy(own, ownPort) }) }],
  }
}

test('a subset wins field by field and keeps the rest of the rule', () => {
  expect(settingsFor(rule({ ...ROUND, ...POOL, ...TUNNEL }, RANDOM), 'v1', 80)).toEqual({ ...RANDOM, ...POOL, ...TUNNEL })
  expect(settingsFor(rule({ ...ROUND, ...POOL }, RANDOM), '', 80)).toEqual({ ...ROUND, ...POOL })
  expect(settingsFor(rule(ROUND), 'v1', 80)).toEqual(ROUND)
})

test("a port's entry replaces all that it may state, and nothing else", () => {
  expect(settingsFor(rule({ ...ROUND, ...POOL, ...TUNNEL }, undefined, { port: 80, ...RANDOM }), '', 80)).toEqual({ ...RANDOM, ...TUNNEL })
  expect(settingsFor(rule({ ...ROUND, ...POOL }, undefined, { port: 80, ...RANDOM }), '', 81)).toEqual({ ...ROUND, ...POOL })
})

test("a subset wins over the rule's entry for the port, and its own entry over all", () => {
  const top = { port: 80, ...ROUND, ...POOL }
  expect(settingsFor(rule({}, RANDOM, top), 'v1', 80)).toEqual({ ...RANDOM, ...POOL })
  expect(settingsFor(rule({}, RANDOM, top, { port: 80, ...POOL }), 'v1', 80)).toEqual(POOL)
})
