import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createTestCa } from '@meshwork/testkit/ca'
import { figures } from '@meshwork/testkit/faults'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { curlFromOutside, EDGE_ADDRESS, giveAddress, servedSerial } from './edge-of-cluster.ts'
import { echoObjects } from './echo-on-cluster.ts'
import { PARTNER, PARTNER_PORT, partner, throughEgressGateway } from './egress-objects.ts'
import { HOST, HTTP_GATEWAY, INGRESS, ROUTES, SUBSETS } from './gateway-objects.ts'
import { type Answer, type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { meshctl } from './run-in-world.ts'

const EFFECT_LIMIT_MS = 30_000
/** Journey 21: from the Secret's change to the certificate on the wire. */
const RENEWAL_LIMIT_MS = 5_000
/** ±2 of 100 are more than four standard deviations of this many: √(0.9 · 0.1 / 4000) = 0.47 of 100. */
const REQUESTS = 4_000
const INGRESS_POD = ['pods', '-n', 'istio-system', '-l', 'istio=ingressgateway', '-o']

const SETTINGS = ['global.mtls.enabled=true', 'gateways.istio-egressgateway.enabled=true']

describe('ways into a mesh and out of it, and a canary in it (STRICT mutual TLS)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-gateways-'))
  const root = join(folder, 'root.pem')
  let mesh: MeshOnCluster
  let caller: Caller
  let ca: Awaited<ReturnType<typeof createTestCa>>

  beforeAll(async () => {
    ca = await createTestCa()
    writeFileSync(root, ca.rootPem)
    mesh = await MeshOnCluster.up('gateways', SETTINGS)
    caller = await mesh.namespace('shop')
    await mesh.world.apply(...echoObjects({ namespace: 'shop', name: 'echo', versions: ['v1', 'v2'] }))
    await giveAddress(mesh, 'istio-ingressgateway')
    await mesh.settled('shop')
  }, 900_000)

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await mesh?.down()
  })

  /** Words of a condition of an object in the namespace. */
  function condition(object: string, type: string, field: 'status' | 'message'): Promise<string> {
    return mesh.kubectl('get', '-n', 'shop', object, '-o', `jsonpath={.status.conditions[?(@.type=="${type}")].${field}}`)
  }

  async function renewCertificate(): Promise<void> {
    const { certificateChainPem, privateKeyPem } = await ca.issue(HOST)
    const stringData = { 'tls.crt': certificateChainPem, 'tls.key': privateKeyPem }
    const metadata = { name: 'shop', namespace: 'istio-system' }
    await mesh.world.apply({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, stringData })
  }

  test('[journey-20] a Gateway with its VirtualService is Programmed, has an address, and answers for its host only (part 8)', async () => {
    await mesh.applyTo('shop', HTTP_GATEWAY)
    await eventually(async () => {
      for (const object of ['gateway.networking.istio.io/shop', 'virtualservice/shop'])
        expect(await condition(object, 'Programmed', 'status')).toBe('True')
      expect(await condition('gateway.networking.istio.io/shop', 'Programmed', 'message')).toContain(EDGE_ADDRESS)
    }, EFFECT_LIMIT_MS)
    await eventually(async () => {
      const answer = await curlFromOutside(mesh, '-H', `host: ${HOST}`, `http://${EDGE_ADDRESS}/`)
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"method":"GET"') })
    }, EFFECT_LIMIT_MS)
    expect(await curlFromOutside(mesh, '-H', 'host: other.example', `http://${EDGE_ADDRESS}/`)).toMatchObject({ status: 404 })
  })

  test('[traffic-114] an Ingress gets the address of the load balancer into its status, and leads in (part 8)', async () => {
    await mesh.applyTo('shop', INGRESS)
    await eventually(async () => {
      expect(await mesh.kubectl('get', 'ingress', '-n', 'shop', 'door', '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}')).toBe(
        EDGE_ADDRESS,
      )
      expect(await curlFromOutside(mesh, '-H', 'host: door.example', `http://${EDGE_ADDRESS}/`)).toMatchObject({ status: 200 })
    }, EFFECT_LIMIT_MS)
  })

  test('[journey-21] HTTPS with the certificate of a Secret; a renewed one is served within 5 s without a restart (part 8)', async () => {
    const secure = ['--cacert', root, '--resolve', `${HOST}:443:${EDGE_ADDRESS}`, `https://${HOST}/`]
    await renewCertificate()
    await eventually(async () => expect(await curlFromOutside(mesh, ...secure)).toMatchObject({ status: 200 }), EFFECT_LIMIT_MS)
    const pods = await mesh.kubectl(
      'get',
      ...INGRESS_POD,
      'jsonpath={.items[*].metadata.uid} {.items[*].status.containerStatuses[*].restartCount}',
    )
    const before = await servedSerial(mesh, HOST)
    await renewCertificate()
    const tookMs = await eventually(async () => expect(await servedSerial(mesh, HOST)).not.toBe(before), EFFECT_LIMIT_MS)
    figures('Secret applied to certificate on the wire', { ms: tookMs })
    expect(tookMs).toBeLessThan(RENEWAL_LIMIT_MS)
    expect(await curlFromOutside(mesh, ...secure)).toMatchObject({ status: 200 })
    expect(
      await mesh.kubectl('get', ...INGRESS_POD, 'jsonpath={.items[*].metadata.uid} {.items[*].status.containerStatuses[*].restartCount}'),
    ).toBe(pods)
  })

  test('[journey-21] meshctl shows what the gateway serves and until when (part 8)', async () => {
    const ask = `fetch('http://127.0.0.1:15000/config_dump').then(r => r.text()).then(t => process.stdout.write(t))`
    await eventually(async () => {
      const dump = await mesh.kubectl('exec', '-n', 'istio-system', 'deploy/istio-ingressgateway', '--', '/usr/local/bin/node', '-e', ask)
      writeFileSync(join(folder, 'dump.json'), dump)
      const { out, err } = await meshctl(mesh.world, 'proxy-config', 'secrets', '--file', join(folder, 'dump.json'), '-o', 'json')
      expect(err).toBe('')
      const serial = (await servedSerial(mesh, HOST)).toLowerCase()
      const shown = { name: 'kubernetes://shop', serial, validTo: expect.stringMatching(/^20\d\d-/) }
      expect(JSON.parse(out)).toMatchObject({ rows: expect.arrayContaining([expect.objectContaining(shown)]) })
    }, EFFECT_LIMIT_MS)
  })

  test.each([
    { order: 'the VirtualService first', file: [ROUTES, SUBSETS] },
    { order: 'the DestinationRule first', file: [SUBSETS, ROUTES] },
  ])('[journey-22] a canary in one file, $order: no request fails while it is applied', async ({ file }) => {
    const answers: Answer[] = []
    let running = true
    const load = async (): Promise<void> => {
      while (running) answers.push(...(await mesh.call(caller, 'http://echo/', { times: 100, perSecond: 50 })))
    }
    const apply = async (): Promise<void> => {
      await eventually(() => expect(answers.length).toBeGreaterThan(0), EFFECT_LIMIT_MS)
      await mesh.applyTo('shop', file.join('---'))
      await eventually(async () => expect(await condition('virtualservice/echo', 'Programmed', 'status')).toBe('True'), EFFECT_LIMIT_MS)
      running = false
    }
    await Promise.all([load(), apply().finally(() => (running = false))])
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const split = await mesh.call(caller, 'http://echo/', { times: REQUESTS })
    expect(split.filter(({ status }) => status !== 200)).toEqual([])
    const canary = split.filter(({ headers }) => headers?.['x-echo-name'] === 'v2').length
    expect(Math.abs((canary / REQUESTS) * 100 - 10)).toBeLessThanOrEqual(2)
    await mesh.kubectl('delete', '-n', 'shop', 'virtualservice/echo', 'destinationrule/echo')
  })
  test('gateways have disruption budgets that let one pod go at a time (part 8)', async () => {
    const budgets = await mesh.kubectl(
      'get',
      'pdb',
      '-n',
      'istio-system',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name}={.status.disruptionsAllowed} {end}',
    )
    expect(budgets.split(' ')).toEqual(expect.arrayContaining(['istio-ingressgateway=1', 'istio-egressgateway=1']))
  })

  describe('ways out', () => {
    let partnerAddress = ''

    beforeAll(async () => {
      await mesh.namespace('outside', {})
      await mesh.world.apply(partner('outside'))
      await mesh.settled('outside')
      partnerAddress = await mesh.kubectl('get', 'pod', '-n', 'outside', 'partner', '-o', 'jsonpath={.status.podIP}')
    })

    /** To an address that nobody has: where it leads is decided by the host. */
    async function callPartner(): Promise<Answer | undefined> {
      const [answer] = await mesh.call(caller, `http://${EDGE_ADDRESS}/`, { headers: { host: PARTNER } })
      return answer
    }

    async function callUndeclared(): Promise<number> {
      const [answer] = await mesh.call(caller, `http://${partnerAddress}:${PARTNER_PORT}/`)
      return answer?.status ?? 0
    }

    test('the egress gateway leads out to a host that a ServiceEntry declares (part 8)', async () => {
      await mesh.applyTo('shop', throughEgressGateway(partnerAddress))
      await eventually(async () => expect(await callPartner()).toMatchObject({ status: 200 }), EFFECT_LIMIT_MS)
      const ask = `fetch('http://127.0.0.1:15020/stats/prometheus').then(r => r.text()).then(t => process.stdout.write(t))`
      const page = await mesh.kubectl('exec', '-n', 'istio-system', 'deploy/istio-egressgateway', '--', '/usr/local/bin/node', '-e', ask)
      expect(page).toMatch(new RegExp(`^istio_requests_total\\{.*destination_service="${PARTNER}".*response_code="200".*\\} \\d`, 'm'))
    })

    test('REGISTRY_ONLY lets nothing out but what is declared (part 8)', async () => {
      expect(await callUndeclared()).toBe(200)
      await mesh.meshctlInstall([...SETTINGS, 'meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY'])
      await eventually(async () => expect(await callUndeclared()).not.toBe(200), EFFECT_LIMIT_MS)
      expect(await callPartner()).toMatchObject({ status: 200 })
    })
  })
})
