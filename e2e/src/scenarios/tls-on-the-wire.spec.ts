import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createTestCa, type TestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { envoyObstacle } from '@meshwork/testkit/mesh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import type { MeshReply } from '../backend/mesh.ts'
import { EnvoyWorkload } from '../mesh/envoy-workload.ts'
import { eventually } from '../mesh/eventually.ts'
import { MeshAuthority } from '../mesh/mesh-authority.ts'
import { ANN, shop } from '../mesh/shop.ts'
import { type Arrival, WireServer } from '../mesh/wire-server.ts'

const LIMIT_MS = 20_000
const SHOP_ACCOUNT = 'spiffe://cluster.local/ns/default/sa/shop'
const folder = mkdtempSync(join(tmpdir(), 'mesh-wire-'))
const obstacle = envoyObstacle()

let mesh: LocalMesh
let authority: MeshAuthority
/** An authority of the world outside. */
let world: TestCa

beforeAll(async () => {
  const started = await localBackend.start(shop('wire'))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  authority = new MeshAuthority(mesh)
  world = await createTestCa()
  file('world.pem', world.rootPem)
  const { certificateChainPem, privateKeyPem } = await world.issue('client.test')
  file('client.pem', certificateChainPem)
  file('client-key.pem', privateKeyPem)
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 })
}

/** A host at servers on loopback; HTTP on port 80. */
function entry(host: string, endpoints: readonly string[], more: string = ''): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${host}, namespace: default}
spec:
  hosts: [${host}]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [${endpoints.join(', ')}]
  ${more}
---`
}

function at({ port }: WireServer, more: string = ''): string {
  return `{address: 127.0.0.1, ports: {http: ${port}}${more}}`
}

function tls(host: string, settings: string, subsets: string = ''): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${host}, namespace: default}
spec: {host: ${host}, trafficPolicy: {tls: ${settings}}${subsets}}
---`
}

function speaksMesh({ hello }: Arrival): boolean {
  return hello?.protocols.includes('istio') === true
}

const CALLERS = [
  { title: 'our proxy', account: 'ann', skipped: false },
  { title: 'Envoy', account: 'outsider', skipped: obstacle !== null },
] as const

describe.each(CALLERS.filter(({ skipped }) => !skipped))('with $title as the caller', ({ account }) => {
  let envoy: EnvoyWorkload | null = null
  const servers: WireServer[] = []

  beforeAll(async () => {
    if (account === 'outsider') envoy = await EnvoyWorkload.join(mesh, account)
  })

  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
    await envoy?.[Symbol.asyncDispose]()
  })

  function call(host: string): Promise<MeshReply> {
    return envoy === null ? mesh.request(ANN, { host }) : envoy.request({ host })
  }

  async function server(name: string, certificate: TestCertificate): Promise<WireServer> {
    const made = await WireServer.listen({ name, certificate })
    servers.push(made)
    return made
  }

  /** Waits until a request to the host arrives at its server, and arrives like this. */
  async function expectArrival(host: string, wire: WireServer, like: object): Promise<void> {
    await eventually(async () => {
      expect(await call(host)).toMatchObject({ status: 200 })
      expect(wire.arrivals.at(-1)).toMatchObject(like)
    }, LIMIT_MS)
  }

  /** Waits until requests to the host bring connections to a server, and makes sure that none is answered or understood there. */
  async function expectRefusal(host: string, wire: WireServer): Promise<void> {
    await eventually(async () => {
      await call(host)
      expect(wire.arrivals.length).toBeGreaterThan(0)
    }, LIMIT_MS)
    for (let turn = 0; turn < 5; turn++) expect((await call(host)).status).toBe(503)
    expect(wire.arrivals.every(({ hello }) => hello !== null)).toBe(true)
    expect(wire.requests).toBe(0)
  }

  it('[security-44] [security-31] each mode of TLS has its own first bytes, names and certificate', async () => {
    const outside = await world.issue('outside.test')
    const inside = await authority.issue('shop')
    const plain = await server('plain', outside)
    const simple = await server('simple', outside)
    const named = await server('named', outside)
    const mutual = await server('mutual', outside)
    const istio = await server('istio', inside)
    const pem = (name: string): string => join(folder, name)
    const roots = `caCertificates: ${pem('world.pem')}`
    const keys = `clientCertificate: ${pem('client.pem')}, privateKey: ${pem('client-key.pem')}`
    await mesh.apply(
      'modes',
      [
        entry('plain.test', [at(plain)]) + tls('plain.test', '{mode: DISABLE}'),
        entry('outside.test', [at(simple)]) + tls('outside.test', `{mode: SIMPLE, ${roots}}`),
        entry('named.test', [at(named)]) + tls('named.test', `{mode: SIMPLE, ${roots}, sni: outside.test}`),
        entry('mutual.test', [at(mutual)]) + tls('mutual.test', `{mode: MUTUAL, ${roots}, ${keys}, sni: outside.test}`),
        entry('inside.test', [at(istio, ', labels: {version: v1}')], `subjectAltNames: [${SHOP_ACCOUNT}]`),
        tls('inside.test', '{mode: ISTIO_MUTUAL}', ', subsets: [{name: v1, labels: {version: v1}}]'),
        SUBSET_ROUTE,
      ].join('\n'),
    )
    const outsideName = { serverName: 'outside.test' }
    await expectArrival('plain.test', plain, { hello: null, client: '' })
    await expectArrival('outside.test', simple, { hello: outsideName, client: '' })
    await expectArrival('named.test', named, { hello: outsideName, client: '' })
    await expectArrival('mutual.test', mutual, { hello: outsideName, client: 'DNS:client.test' })
    await expectArrival('inside.test', istio, {
      hello: { serverName: 'outbound_.80_.v1_.inside.test', protocols: expect.arrayContaining(['istio']) },
      client: `URI:spiffe://cluster.local/ns/default/sa/${account}`,
    })
    for (const { arrivals } of [simple, named, mutual]) expect(arrivals.some(speaksMesh)).toBe(false)
  })

  it('[security-46] a server outside that is not trusted or has another name gets nothing, unless that is asked for', async () => {
    const genuine = await server('genuine', await world.issue('bank.test'))
    const renamed = await server('renamed', await world.issue('other.test'))
    const foreign = await server('foreign', await (await createTestCa()).issue('foreign.test'))
    const unknown = await server('unknown', await world.issue('unknown.test'))
    const skipped = await server('skipped', await world.issue('other.test'))
    const roots = `caCertificates: ${join(folder, 'world.pem')}`
    await mesh.apply(
      'servers',
      [
        entry('bank.test', [at(genuine)]) + tls('bank.test', `{mode: SIMPLE, ${roots}}`),
        entry('renamed.test', [at(renamed)]) + tls('renamed.test', `{mode: SIMPLE, ${roots}}`),
        entry('foreign.test', [at(foreign)]) + tls('foreign.test', `{mode: SIMPLE, ${roots}}`),
        // Without roots of its own a rule trusts those of the machine, which never heard of this authority.
        entry('unknown.test', [at(unknown)]) + tls('unknown.test', '{mode: SIMPLE}'),
        entry('skipped.test', [at(skipped)]) + tls('skipped.test', '{mode: SIMPLE, insecureSkipVerify: true}'),
      ].join('\n'),
    )
    await expectArrival('bank.test', genuine, { hello: { serverName: 'bank.test' } })
    await expectArrival('skipped.test', skipped, { hello: { serverName: 'skipped.test' } })
    await expectRefusal('renamed.test', renamed)
    await expectRefusal('foreign.test', foreign)
    await expectRefusal('unknown.test', unknown)
  })

  it('[security-47] within one service an endpoint with a proxy gets mutual TLS, one without gets plain text', async () => {
    const certificate = await authority.issue('mixed')
    const [meshed, bare] = [await server('meshed', certificate), await server('bare', certificate)]
    await mesh.apply('mixed', mixedService([meshed.port, bare.port]))
    const seen = new Set<string>()
    await eventually(async () => {
      seen.add((await call('mixed:8000')).body)
      expect([...seen]).toEqual(expect.arrayContaining(['meshed', 'bare']))
    }, LIMIT_MS)
    expect(meshed.arrivals.length).toBeGreaterThan(0)
    for (const arrival of meshed.arrivals) {
      expect(arrival).toMatchObject({
        hello: { serverName: 'outbound_.8000_._.mixed.default.svc.cluster.local', protocols: expect.arrayContaining(['istio']) },
        client: `URI:spiffe://cluster.local/ns/default/sa/${account}`,
      })
    }
    expect(bare.arrivals.length).toBeGreaterThan(0)
    expect(bare.arrivals.every(({ hello }) => hello === null)).toBe(true)
  })

  it('[security-30] where no identity is known, a member of the mesh that steps in is not taken for the service', async () => {
    const mallory = await authority.issue('mallory')
    const [empty, stated, forced] = [await server('empty', mallory), await server('stated', mallory), await server('forced', mallory)]
    const meshed = ', labels: {security.istio.io/tlsMode: istio}'
    await mesh.apply('vault', EMPTY_SERVICE)
    await eventually(async () => expect((await call('vault:8000')).status).toBe(503), LIMIT_MS)
    await mesh.apply(
      'impostors',
      [
        workloadEntry('vault', empty.port),
        entry('stated.test', [at(stated, meshed)], 'location: MESH_INTERNAL'),
        entry('forced.test', [at(forced)]) + tls('forced.test', '{mode: ISTIO_MUTUAL}'),
      ].join('\n'),
    )
    await expectRefusal('vault:8000', empty)
    await expectRefusal('stated.test', stated)
    await expectRefusal('forced.test', forced)
    // Who is meant can be said, and then it is served.
    const names = 'subjectAltNames: [spiffe://cluster.local/ns/default/sa/mallory]'
    await mesh.apply('impostors', entry('stated.test', [at(stated, meshed)], `location: MESH_INTERNAL, ${names}`.replace(', ', '\n  ')))
    await expectArrival('stated.test', stated, { hello: { serverName: 'outbound_.80_._.stated.test' } })
    await mesh.remove('impostors')
    await mesh.remove('vault')
  })
})

/** A service with a selector, and no pod. */
const EMPTY_SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: vault, namespace: default}
spec: {selector: {app: vault}, ports: [{name: http, port: 8000, targetPort: http, protocol: TCP}]}
`

function workloadEntry(app: string, port: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ${app}, namespace: default}
spec: {address: 127.0.0.1, ports: {http: ${port}}, labels: {app: ${app}, security.istio.io/tlsMode: istio}}
---`
}

/** One service, two pods with the same account: one says that a proxy stands there, one does not. */
function mixedService(ports: readonly number[]): string {
  const pods = ports.map((port, index) => {
    const label = index === 0 ? ', security.istio.io/tlsMode: istio' : ''
    return `
apiVersion: v1
kind: Pod
metadata: {name: mixed-${index}, namespace: default, labels: {app: mixed${label}}}
spec: {serviceAccountName: mixed, containers: [{name: app, image: local, ports: [{containerPort: ${port}, protocol: TCP}]}]}
status: {phase: Running, podIP: 127.0.0.1, podIPs: [{ip: 127.0.0.1}], conditions: [{type: Ready, status: "True"}]}
---`
  })
  const subsets = ports.map(
    (port, index) =>
      `{addresses: [{ip: 127.0.0.1, targetRef: {kind: Pod, name: mixed-${index}, namespace: default}}], ports: [{name: http, port: ${port}, protocol: TCP}]}`,
  )
  return `
apiVersion: v1
kind: Service
metadata: {name: mixed, namespace: default}
spec: {ports: [{name: http, port: 8000, protocol: TCP}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: mixed, namespace: default}
subsets: [${subsets.join(', ')}]
---${pods.join('\n')}
`
}

const SUBSET_ROUTE = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: inside, namespace: default}
spec: {hosts: [inside.test], http: [{route: [{destination: {host: inside.test, subset: v1}}]}]}
---`
