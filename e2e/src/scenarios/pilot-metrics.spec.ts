import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, echoRules, shop, to } from '../mesh/shop.ts'
import { object } from '../mesh/told-objects.ts'

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('pilot-metrics'))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

/** The metrics of pilot, by name with labels as written. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const { body } = await mesh.page('pilot', 'debug', '/metrics')
  const lines = body.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

/** Waits until every metric has moved as told: by a number, or up. What was never counted stands at 0. */
async function moves(event: () => Promise<void>, told: Readonly<Record<string, number | 'up'>>): Promise<void> {
  const before = await scrape()
  await event()
  await eventually(async () => {
    const after = await scrape()
    const moved = Object.keys(told).map(name => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)] as const)
    const wanted = moved.map(([name, by]) => [name, told[name] === 'up' && by > 0 ? by : told[name]])
    expect(Object.fromEntries(moved)).toEqual(Object.fromEntries(wanted))
  }, 20_000)
}

/** A host outside of the mesh without an address: its ports are taken at every address. */
function outside(name: string, ports: string): string {
  return object('ServiceEntry', name, `{hosts: [${name}.test], location: MESH_EXTERNAL, resolution: NONE, ports: [${ports}]}`)
}

const port = (number: number, protocol: string): string => `{number: ${number}, name: p${number}, protocol: ${protocol}}`

it('[traffic-141] objects, pushes and events are counted', async () => {
  await moves(() => mesh.apply('rules', echoRules(`- ${to('v1')}`)), {
    pilot_virt_services: 1,
    'pilot_xds_pushes{type="rds"}': 'up',
    'pilot_push_triggers{type="config"}': 'up',
    'pilot_k8s_cfg_events{type="VirtualService",event="update"}': 1,
    pilot_proxy_convergence_time_count: 'up',
  })
  await moves(() => mesh.remove('rules'), {
    pilot_virt_services: -1,
    'pilot_k8s_cfg_events{type="VirtualService",event="delete"}': 1,
  })
})

it('[traffic-141] services and their endpoints are counted', async () => {
  const service =
    '{apiVersion: v1, kind: Service, metadata: {name: late, namespace: default}, spec: {clusterIP: 10.96.9.9, ports: [{name: http, port: 80}]}}\n'
  const address = '{addresses: [127.0.0.9], conditions: {ready: false}}'
  const slice = `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: late-1, namespace: default, labels: {kubernetes.io/service-name: late}}, ports: [{name: http, port: 80}], endpoints: [${address}]}\n`
  await moves(() => mesh.apply('late', `${service}---\n${slice}`), {
    pilot_services: 1,
    pilot_endpoint_not_ready: 1,
    pilot_eds_no_instances: 1,
    'pilot_xds_pushes{type="cds"}': 'up',
    'pilot_xds_pushes{type="eds"}': 'up',
    'pilot_k8s_reg_events{type="Service",event="update"}': 1,
    'pilot_k8s_reg_events{type="EndpointSlice",event="update"}': 1,
  })
  await moves(() => mesh.apply('late', `${service}---\n${slice.replace('false', 'true')}`), {
    pilot_endpoint_not_ready: -1,
    pilot_eds_no_instances: -1,
    'pilot_push_triggers{type="endpoint"}': 'up',
  })
})

it('[traffic-141] [traffic-53] conflicts of ports are counted', async () => {
  const older = outside('bytes', port(15_151, 'TCP'))
  const younger = outside('mixed', `${port(15_151, 'HTTP')}, ${port(15_153, 'HTTP')}`)
  const youngest = outside('more', `${port(15_151, 'TCP')}, ${port(15_153, 'TCP')}`)
  await moves(() => mesh.apply('conflicts', older + younger + youngest), {
    pilot_conflict_outbound_listener_http_over_current_tcp: 1,
    pilot_conflict_outbound_listener_tcp_over_current_tcp: 1,
    pilot_conflict_outbound_listener_tcp_over_current_http: 1,
  })
  await moves(() => mesh.remove('conflicts'), { pilot_conflict_outbound_listener_http_over_current_tcp: -1 })
})

it('[traffic-141] hosts and subsets that come twice are counted', async () => {
  const rule = (name: string): string => object('DestinationRule', name, '{host: ben, subsets: [{name: v1, labels: {version: v1}}]}')
  const routes = (name: string): string => object('VirtualService', name, '{hosts: [ben], http: [{route: [{destination: {host: ben}}]}]}')
  await moves(() => mesh.apply('twice', ['one', 'two'].map(name => rule(name) + routes(name)).join('')), {
    pilot_vservice_dup_domain: 1,
    pilot_destrule_subsets: 1,
  })
  await mesh.remove('twice')
})

it('[traffic-141] refusals of proxies are counted, and named as long as they last', async () => {
  const unknown = '{name: example.nobody, typed_config: {"@type": type.googleapis.com/example.Nobody, a: 1}}'
  const patch = `{applyTo: HTTP_FILTER, match: {context: SIDECAR_OUTBOUND}, patch: {operation: INSERT_FIRST, value: ${unknown}}}`
  const filter = `{workloadSelector: {labels: {app: ann}}, configPatches: [${patch}]}`
  const refusing = async (): Promise<readonly string[]> =>
    [...(await scrape()).keys()].filter(name => name.startsWith('pilot_xds_lds_reject{'))
  await moves(() => mesh.apply('refused', object('EnvoyFilter', 'refused', filter, 'default', 'networking.istio.io/v1alpha3')), {
    'pilot_total_xds_rejects{type="lds"}': 'up',
  })
  expect(await refusing()).toEqual([expect.stringContaining(ANN)])
  await mesh.remove('refused')
  await eventually(async () => expect(await refusing()).toEqual([]))
})

it('[traffic-141] connections are counted as they come and go', async () => {
  const proxies = (await scrape()).get('pilot_xds') ?? 0
  expect(proxies).toBeGreaterThan(3)
  await mesh.kill(`sidecar/${ANN}`)
  await eventually(async () => expect((await scrape()).get('pilot_xds')).toBe(proxies - 1))
  await eventually(async () => expect((await scrape()).get('pilot_xds')).toBe(proxies), 30_000)
})
