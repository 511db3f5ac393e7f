import { describe, expect, it } from 'vitest'
import type { LocalMesh } from '../definition/local-mesh.ts'
import { statePaths } from '../state/state-paths.ts'
import type { MeshPlan } from './mesh-plan.ts'
import { planMesh, portDemands } from './plan-mesh.ts'

const MESH: LocalMesh = {
  name: 'shop',
  namespace: 'default',
  directory: '/shop',
  config: ['/shop/config'],
  gateway: { ports: [8080] },
  services: [
    {
      name: 'web',
      port: 80,
      serviceAccount: 'frontend',
      versions: [
        { version: 'v1', command: ['node', 'web.js'], env: { A: 'b' }, envoy: null, metrics: '/m', instances: 2 },
        { version: 'V2.0', command: ['node', 'web.js'], env: {}, envoy: '/opt/envoy', metrics: null, instances: 1 },
      ],
    },
  ],
}
const PATHS = statePaths('/state')

function plan(mesh: LocalMesh = MESH): MeshPlan {
  const demands = portDemands(mesh, { kind: 'moved', port: 9999 })
  const ports = new Map(demands.map(({ name, wish }, index) => [name, wish.kind === 'any' ? 20_000 + index : wish.port]))
  return planMesh({ mesh, paths: PATHS, config: ['/shop/config'], ports })
}

function optionOf(args: readonly string[], name: string): string | undefined {
  return args[args.indexOf(name) + 1]
}

describe('planMesh', () => {
  it('runs a program and a sidecar per instance, beside the control plane and one gateway', () => {
    expect(plan().processes.map(each => each.name)).toEqual([
      'citadel',
      'pilot',
      'adapter/denier',
      'adapter/prometheus',
      'mixer',
      'gateway',
      'sidecar/web-v1-1',
      'sidecar/web-v1-2',
      'sidecar/web-v2-0',
      'app/web-v1-1',
      'app/web-v1-2',
      'app/web-v2-0',
    ])
  })

  it('starts proxies after pilot and citadel, everything else at once', () => {
    for (const each of plan().processes) {
      expect(each.after).toEqual(each.role === 'sidecar' || each.role === 'gateway' ? ['citadel', 'pilot'] : [])
    }
  })

  it('gives no port twice', () => {
    const ports = plan().processes.flatMap(each => Object.values(each.ports))
    expect(new Set(ports).size).toBe(ports.length)
  })

  it('is a pure function of its inputs', () => {
    expect(plan()).toEqual(plan())
  })

  it('tells a sidecar who it is', () => {
    const sidecar = plan().processes.find(each => each.name === 'sidecar/web-v1-2')
    const args = sidecar?.program.kind === 'module' ? sidecar.program.args : []
    expect(optionOf(args, '--node')).toBe('sidecar~127.0.0.1~web-v1-2.default~default.svc.cluster.local')
    expect(optionOf(args, '--token')).toBe('/state/tokens/default.frontend.jwt')
    expect(sidecar?.identity).toBe('spiffe://cluster.local/ns/default/sa/frontend')
    expect(optionOf(args, '--status-address')).toBe(`127.0.0.1:${sidecar?.ports['status']}`)
    const app = plan().processes.find(each => each.name === 'app/web-v1-2')
    expect(optionOf(args, '--app-metrics')).toBe(`${app?.ports['app']}/m`)
  })

  it('runs Envoy as a sidecar where the mesh file says so, told the same as our own', () => {
    const sidecar = plan().processes.find(each => each.name === 'sidecar/web-v2-0')
    const program = sidecar?.program.kind === 'module' ? sidecar.program : undefined
    expect(program?.module).toBe('@meshwork/proxy/agent-main')
    expect(program?.args.slice(0, 5)).toEqual([
      'envoy',
      '--envoy-binary',
      '/opt/envoy',
      '--node',
      expect.stringContaining('web-v2-0.default'),
    ])
  })

  it('tells a program its port and its sidecar', () => {
    const { processes } = plan()
    const app = processes.find(each => each.name === 'app/web-v1-1')
    const sidecar = processes.find(each => each.name === 'sidecar/web-v1-1')
    expect(app?.env).toMatchObject({
      PORT: String(app?.ports['app']),
      http_proxy: `http://127.0.0.1:${sidecar?.ports['httpProxy']}`,
      A: 'b',
      VERSION: 'v1',
    })
  })

  it('generates what a cluster would hold: one EndpointSlice per instance, a Sidecar that selects exactly one pod', () => {
    const documents = plan().registry.find(each => each.name === 'service-web.yaml')?.documents ?? []
    const kinds = documents.map(each => ('kind' in each ? each.kind : undefined))
    expect(kinds).toEqual([
      'Service',
      'EndpointSlice',
      'EndpointSlice',
      'EndpointSlice',
      'Pod',
      'Sidecar',
      'Pod',
      'Sidecar',
      'Pod',
      'Sidecar',
    ])
    expect(documents[1]).toMatchObject({ endpoints: [{ addresses: ['127.0.0.1'], targetRef: { name: 'web-v1-1' } }] })
    expect(documents[7]).toMatchObject({ spec: { workloadSelector: { labels: { 'meshwork.dev/instance': 'web-v1-2' } } } })
  })

  it('moves the gateway, and keeps the port that Gateway objects name', () => {
    const { gateways, registry } = plan()
    expect(gateways).toEqual([{ port: 8080, url: 'http://127.0.0.1:9999' }])
    const service = registry[0]?.documents.find(
      each => 'kind' in each && each.kind === 'Service' && JSON.stringify(each).includes('istio-ingressgateway'),
    )
    expect(service).toMatchObject({ spec: { ports: [{ port: 8080, targetPort: 9999 }] } })
  })

  it('needs no gateway', () => {
    const { processes, gateways } = plan({ ...MESH, gateway: null })
    expect(processes.some(each => each.role === 'gateway')).toBe(false)
    expect(gateways).toEqual([])
  })

  it('makes one token per service account', () => {
    expect(plan().tokens.map(each => each.serviceAccount)).toEqual(['istio-ingressgateway-service-account', 'frontend'])
  })
})
