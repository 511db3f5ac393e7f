import type { LocalityLbSetting } from '@meshwork/config/kinds'
import { parseLocality } from '@meshwork/config/registry'
import { expect, test } from 'vitest'
import { type CallerPlace, groupEndpoints } from './locality-order.ts'
import type { EndpointInputs } from './inputs.ts'

const NONE: LocalityLbSetting = { distribute: [], failover: [], failoverPriority: [] }

function endpoint(locality: string, labels: Readonly<Record<string, string>> = {}): EndpointInputs {
  return {
    mutualTls: false,
    endpoint: {
      hostname: 'a',
      serviceNamespace: 'default',
      portName: 'http',
      address: '10.0.0.1',
      port: 80,
      labels,
      serviceAccount: '',
      namespace: 'default',
      workload: undefined,
      locality: parseLocality(locality),
      ready: true,
      tlsMode: 'disabled',
      weight: 1,
      network: '',
    },
  }
}

function caller(setting: Partial<LocalityLbSetting>, labels: CallerPlace['labels'] = {}, failover: boolean = true): CallerPlace {
  return { locality: parseLocality('eu/a/1'), labels, setting: { ...NONE, ...setting }, failover }
}

function order(localities: readonly string[], place: CallerPlace | undefined): Record<string, number> {
  const groups = groupEndpoints(
    localities.map(locality => endpoint(locality)),
    place,
  )
  return Object.fromEntries(
    groups.map(({ locality: { region, zone, subzone }, priority }) => [`${region}/${zone}/${subzone}`.replace(/\/+$/, ''), priority]),
  )
}

const EVERYWHERE = ['us/c', 'eu/a/1', 'eu/b', 'eu/a/2', 'asia/d']

test('without a place nothing is nearer', () => {
  expect(order(EVERYWHERE, undefined)).toEqual({ 'us/c': 0, 'eu/a/1': 0, 'eu/b': 0, 'eu/a/2': 0, 'asia/d': 0 })
})

test('same subzone, same zone, same region, elsewhere', () => {
  expect(order(EVERYWHERE, caller({}))).toEqual({ 'eu/a/1': 0, 'eu/a/2': 1, 'eu/b': 2, 'us/c': 3, 'asia/d': 3 })
})

test('priorities have no gaps where a distance has no endpoints', () => {
  expect(order(['us/c', 'eu/b'], caller({}))).toEqual({ 'eu/b': 0, 'us/c': 1 })
})

test('a region fails over to the one that its rule names before the others', () => {
  expect(order(EVERYWHERE, caller({ failover: [{ from: 'eu', to: 'asia' }] }))).toMatchObject({ 'asia/d': 3, 'us/c': 4 })
  expect(order(EVERYWHERE, caller({ failover: [{ from: 'us', to: 'asia' }] }))).toMatchObject({ 'asia/d': 3, 'us/c': 3 })
})

test('nothing is ordered while failing endpoints go unnoticed', () => {
  expect(new Set(Object.values(order(EVERYWHERE, caller({}, {}, false))))).toEqual(new Set([0]))
})

test('shares: the more specific name first, wildcards divided by size, the rest without traffic', () => {
  const place = caller({ distribute: [{ from: 'eu/a/*', to: { 'eu/*': 30, 'eu/a/1': 70 } }] })
  const groups = groupEndpoints(
    ['eu/a/1', 'eu/a/2', 'eu/b', 'eu/b', 'us/c'].map(locality => endpoint(locality)),
    place,
  )
  expect(groups.map(group => [group.locality.zone, group.locality.subzone, group.weight])).toEqual([
    ['a', '1', 70],
    ['a', '2', 10],
    ['b', '', 20],
  ])
})

test('shares of other callers leave everything as it is', () => {
  const groups = groupEndpoints([endpoint('eu/a'), endpoint('us/c')], caller({ distribute: [{ from: 'us/*', to: { 'us/*': 100 } }] }))
  expect(groups.map(({ weight, priority }) => [weight, priority])).toEqual([
    [1, 0],
    [1, 0],
  ])
})

test('failoverPriority: labels in common from the start of the list, with values of their own and labels of the place', () => {
  const endpoints = [
    endpoint('eu/a', { app: 'x', version: 'v1' }),
    endpoint('eu/a', { app: 'x', version: 'v2' }),
    endpoint('us/c', { app: 'x', version: 'v2' }),
    endpoint('us/c', { app: 'y', version: 'v1' }),
  ]
  const prioritiesOf = (failoverPriority: readonly string[]): readonly (readonly [string, string | undefined, number])[] =>
    groupEndpoints(endpoints, caller({ failoverPriority }, { app: 'x', version: 'v1', 'topology.kubernetes.io/region': 'eu' })).flatMap(
      group => group.endpoints.map(({ endpoint: { labels, locality } }) => [locality.region, labels['version'], group.priority] as const),
    )
  expect(prioritiesOf(['version'])).toEqual([
    ['eu', 'v1', 0],
    ['eu', 'v2', 1],
    ['us', 'v1', 0],
    ['us', 'v2', 1],
  ])
  expect(prioritiesOf(['topology.kubernetes.io/region', 'version=v2'])).toEqual([
    ['eu', 'v2', 0],
    ['eu', 'v1', 1],
    ['us', 'v2', 2],
    ['us', 'v1', 2],
  ])
})
