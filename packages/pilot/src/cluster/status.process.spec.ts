import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { customResourceDefinitions } from '@meshwork/config/crds'
import { figures } from '@meshwork/testkit/faults'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts, runCommand } from '@meshwork/testkit/net'
import { builtProgram, type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { KubeClient } from '@meshwork/kube/client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { simulatedGateway } from './testdata/simulated-gateway.ts'
import { pilotAccount } from './testdata/pilot-account.ts'

const obstacle = apiServerObstacle()
const ROUTES = '/apis/networking.istio.io/v1/namespaces/default/virtualservices'
/** The goal is 1 s on a quiet machine. */
const PROGRAMMED_LIMIT_MS = 5000
const MESHCTL = fileURLToPath(new URL('../../../cli/bin/meshctl.mjs', import.meta.url))
const WAIT = { timeout: 20_000, interval: 50 }

/** A filter that no proxy has. Validation cannot know that. */
const REFUSED = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: refused, namespace: istio-system}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: GATEWAY}
    patch:
      operation: INSERT_FIRST
      value: {name: example.nobody, typed_config: {"@type": type.googleapis.com/example.Nobody, a: 1}}
`

function route(name: string, to: string): object {
  const spec = { hosts: [`${name}.example`], gateways: ['edge'], http: [{ redirect: { uri: to } }] }
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name, namespace: 'default' }, spec }
}

describe.skipIf(obstacle !== null)(`statuses of objects${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-status-'))
  const children: Child[] = []
  let server: TestApiServer
  let client: KubeClient
  let kubeconfig = ''
  let [xds, debug, edge]: readonly number[] = []

  beforeAll(async () => {
    ;[xds = 0, debug = 0, edge = 0] = await freePorts(3)
    server = await TestApiServer.start()
    client = KubeClient.fromFile(server.kubeconfig)
    const kinds = new Set(['VirtualService', 'Gateway', 'EnvoyFilter'])
    const definitions = customResourceDefinitions().filter(({ spec }) => kinds.has(spec.names.kind))
    await apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions }))
    await vi.waitFor(() => server.kubectl(['get', 'virtualservices,gateways.networking.istio.io,envoyfilters']), WAIT)
    await server.kubectl(['create', 'namespace', 'istio-system'])
    const servers = [{ port: { number: edge, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }]
    const spec = { selector: { istio: 'ingressgateway' }, servers }
    await apply(
      JSON.stringify({ apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata: { name: 'edge', namespace: 'default' }, spec }),
    )
    await apply(JSON.stringify(route('first', '/first')))
    kubeconfig = await pilotAccount(server, folder)
    await startPilot(xds, debug)
    await startGateway()
  }, 90_000)

  afterAll(async () => {
    await Promise.all(children.map(child => child.stop()))
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function startPilot(xdsPort: number, httpPort: number): Promise<Child> {
    const args = ['--kubeconfig', kubeconfig, '--xds-address', `127.0.0.1:${xdsPort}`, '--http-address', `127.0.0.1:${httpPort}`]
    const pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args })
    children.push(pilot)
    await pilot.whenReady()
    return pilot
  }

  async function startGateway(): Promise<void> {
    const file = join(folder, 'bootstrap.json')
    const address = (port: number | undefined): object => ({ address: { socket_address: { address: '127.0.0.1', port_value: port } } })
    const metadata = { NAMESPACE: 'istio-system', LABELS: { istio: 'ingressgateway' } }
    const endpoints = [{ lb_endpoints: [{ endpoint: address(xds) }] }]
    const bootstrap = {
      node: { id: 'router~127.0.0.1~gateway.istio-system~istio-system.svc.cluster.local', cluster: 'gateway', metadata },
      dynamic_resources: {
        cds_config: { ads: {} },
        lds_config: { ads: {} },
        ads_config: { api_type: 'GRPC', transport_api_version: 'V3', grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }] },
      },
      static_resources: { clusters: [{ name: 'xds', http2_protocol_options: {}, load_assignment: { cluster_name: 'xds', endpoints } }] },
    }
    writeFileSync(file, JSON.stringify(bootstrap))
    const proxy = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', file] })
    children.push(proxy)
    await proxy.whenReady()
  }

  function apply(text: string): Promise<string> {
    return server.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], text)
  }

  /** `Programmed=True Valid=…`, as short as can be compared. */
  async function conditions(resource: string, namespace = 'default'): Promise<string> {
    const path = '{range .status.conditions[*]}{.type}={.status} {end}'
    return (await server.kubectl(['-n', namespace, 'get', ...resource.split('/'), '-o', `jsonpath=${path}`])).trim()
  }

  /** What `meshctl analyze` says of the object as it is in the cluster. */
  async function analyzed(kind: string, name: string): Promise<string> {
    const file = join(folder, 'analyzed.yaml')
    writeFileSync(file, await server.kubectl(['-n', 'istio-system', 'get', kind, name, '-o', 'yaml']))
    return runCommand([process.execPath, MESHCTL, 'analyze', file])
  }

  async function location(host: string): Promise<string | null> {
    const { request } = await import('node:http')
    return new Promise(resolve => {
      const call = request({ host: '127.0.0.1', port: edge, headers: { host }, agent: false }, answer => {
        answer.resume()
        resolve(answer.headers.location ?? null)
      })
      call.on('error', () => resolve(null)).end()
    })
  }

  test('an object that is applied is soon Programmed on all proxies, and says so of which version', async () => {
    await expect.poll(() => conditions('vs/first'), WAIT).toBe('Accepted=True Programmed=True')
    const times: number[] = []
    for (let i = 0; i < 10; i++) {
      const began = performance.now()
      await client.apply(`${ROUTES}/timed`, route('timed', `/${i}`), { fieldManager: 'test' })
      const isProgrammed = async (): Promise<unknown> => {
        const { body } = await client.get(`${ROUTES}/timed`)
        return JSON.parse(JSON.stringify(body))
      }
      const done = {
        observedGeneration: i + 1,
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'Programmed', status: 'True', observedGeneration: i + 1 })]),
      }
      await expect.poll(isProgrammed, { timeout: PROGRAMMED_LIMIT_MS, interval: 10 }).toMatchObject({ status: done })
      times.push(performance.now() - began)
    }
    figures('applied to Programmed', { p50: times.toSorted((a, b) => a - b)[5] ?? 0, max: Math.max(...times) })
    expect(await server.kubectl(['get', 'vs', 'timed'])).toMatch(/PROGRAMMED.*\n.*timed.* True .*1 of 1 proxies/)
  })

  test('[journey-37] what a proxy refuses is not Programmed, with its own sentence, as an event too, and other configuration flows on', async () => {
    await apply(REFUSED)
    await expect.poll(() => conditions('envoyfilter/refused', 'istio-system'), WAIT).toBe('Accepted=True Programmed=False Rejected=True')
    expect(await server.kubectl(['-n', 'istio-system', 'get', 'envoyfilter', 'refused'])).toMatch(
      /False .*gateway\.istio-system.* says: .* is not supported/,
    )
    await expect
      .poll(() => server.kubectl(['-n', 'istio-system', 'get', 'events', '--field-selector=reason=Rejected']), WAIT)
      .toMatch(/envoyfilter\/refused .*says: .* is not supported/)
    expect(await analyzed('envoyfilter', 'refused')).toMatch(/IST0171 .*EnvoyFilter\/istio-system\/refused .*is not supported/)
    expect(await location('first.example')).toMatch(/\/first$/)
    await apply(JSON.stringify(route('first', '/second')))
    await expect.poll(() => location('first.example'), WAIT).toMatch(/\/second$/)
    await apply(REFUSED.replace('example.Nobody, a: 1', 'envoy.extensions.filters.http.cors.v3.Cors'))
    await expect.poll(() => conditions('envoyfilter/refused', 'istio-system'), WAIT).not.toContain('Rejected')
    await server.kubectl(['-n', 'istio-system', 'delete', 'envoyfilter', 'refused'])
  })

  test('conditions of other writers stay, whoever writes when', async () => {
    const other = (status: string): string =>
      JSON.stringify({ status: { conditions: [{ type: 'Others', status, lastTransitionTime: '2026-01-01T00:00:00Z' }] } })
    const write = (status: string): Promise<string> =>
      server.kubectl(['patch', 'vs', 'first', '--subresource=status', '--type=merge', '-p', other(status)])
    // A merge patch replaces the whole list: ours are gone, and come back beside theirs.
    await write('True')
    await expect.poll(() => conditions('vs/first'), WAIT).toBe('Others=True Accepted=True Programmed=True')
    await Promise.all([apply(JSON.stringify(route('first', '/third'))), write('False')])
    await expect.poll(() => conditions('vs/first'), WAIT).toBe('Others=False Accepted=True Programmed=True')
  })

  test('an Ingress gets the address of the gateway, and the new one when that changes', async () => {
    const balanced = (ip: string): Promise<string> => {
      const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } })
      return server.kubectl([
        '-n',
        'istio-system',
        'patch',
        'service',
        'istio-ingressgateway',
        '--subresource=status',
        '--type=merge',
        '-p',
        status,
      ])
    }
    const ingress = (name: string, annotation: string): string =>
      JSON.stringify({
        ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
        metadata: { name, namespace: 'default', annotations: { 'kubernetes.io/ingress.class': annotation } },
        spec: { defaultBackend: { service: { name: 'first', port: { number: 80 } } } },
      })
    const addresses = (name: string): Promise<string> =>
      server.kubectl(['get', 'ingress', name, '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}'])
    await apply(ingress('ours', 'istio'))
    await apply(ingress('theirs', 'nginx'))
    await server.kubectl(['-n', 'istio-system', 'create', 'service', 'loadbalancer', 'istio-ingressgateway', '--tcp=80'])
    await balanced('192.0.2.1')
    await expect.poll(() => addresses('ours'), WAIT).toBe('192.0.2.1')
    await balanced('192.0.2.2')
    await expect.poll(() => addresses('ours'), WAIT).toBe('192.0.2.2')
    expect(await addresses('theirs')).toBe('')
  })

  test('of two replicas one writes, and counts the proxies of both; when it ends the other one goes on', async () => {
    const holder = (): Promise<string> =>
      server.kubectl(['-n', 'istio-system', 'get', 'lease', 'istio-status-leader', '-o', 'jsonpath={.spec.holderIdentity}'])
    const detail = (): Promise<string> => server.kubectl(['get', 'vs', 'first'])
    const first = await holder()
    const [otherXds = 0, otherDebug = 0] = await freePorts(2)
    await startPilot(otherXds, otherDebug)
    const end = simulatedGateway({ refuses: 'example.Nobody', xdsPort: otherXds, port: edge ?? 0 })
    await expect.poll(detail, WAIT).toContain('programmed on 2 of 2 proxies')
    expect(await holder()).toBe(first)
    await apply(JSON.stringify(route('first', '/example.Nobody')))
    // Of the two only the proxy that the leader does not know minds.
    await expect.poll(detail, WAIT).toMatch(/False .*other\.istio-system.* says: .*not here.*programmed on 1 of 2 proxies/)
    await apply(JSON.stringify(route('first', '/fourth')))
    await expect.poll(detail, WAIT).toContain('programmed on 2 of 2 proxies')
    await children[0]?.stop()
    await expect.poll(holder, WAIT).not.toBe(first)
    // The proxy of the other one has nobody to ask.
    await expect.poll(detail, WAIT).toContain('programmed on 1 of 1 proxies')
    end()
  })
})
