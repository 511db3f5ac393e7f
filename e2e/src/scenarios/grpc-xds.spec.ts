import { type ChildProcess, execFile, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type requestCallback, Server, ServerCredentials } from '@grpc/grpc-js'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { peerPath } from '../../../scripts/peers/table.ts'

const PROTO_FOLDER = fileURLToPath(new URL('../apps', import.meta.url))
const METHOD = '/greeter.Greeter/Name'
const TARGET = 'xds:///greeter.default.svc.cluster.local:7070'
const BACKENDS = ['v1-a', 'v1-b', 'v2-a', 'v2-b'] as const
const grpcurl = peerPath('grpcurl') ?? ''
/** Clients of grpc-go that run at the same time. */
const GO_LANES = 4
const SPLIT_CALLS = 120
const WAIT = { timeout: 60_000, interval: 200 }

const folder = mkdtempSync(join(tmpdir(), 'meshwork-grpc-xds-'))
const servers = new Map<string, Server>()
let pilot: Child
let caller: ChildProcess
let answers: string[] = []
let bootstrap = ''

/** A reply of `greeter.proto` with this name. */
async function serve(name: string): Promise<number> {
  const server = new Server()
  const bytes = (value: Buffer): Buffer => value
  const method = { path: METHOD, requestStream: false, responseStream: false, requestSerialize: bytes, requestDeserialize: bytes } as const
  server.addService(
    { Name: { ...method, responseSerialize: bytes, responseDeserialize: bytes } },
    { Name: (_call: unknown, reply: requestCallback<Buffer>) => reply(null, Buffer.from([10, name.length, ...Buffer.from(name)])) },
  )
  servers.set(name, server)
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error))),
  )
}

function meshOf(ports: readonly number[]): string {
  const subsets = BACKENDS.map((name, i) => {
    const address = `{ip: 127.0.0.1, targetRef: {kind: Pod, name: ${name}, namespace: default}}`
    return `{addresses: [${address}], ports: [{name: grpc, port: ${ports[i]}}]}`
  })
  const pods = BACKENDS.map(
    name =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: default, labels: {app: greeter, version: ${name.slice(0, 2)}}}\nstatus: {podIP: 127.0.0.1}\n`,
  )
  return [
    'apiVersion: v1\nkind: Service\nmetadata: {name: greeter, namespace: default}\nspec: {clusterIP: 10.96.0.9, selector: {app: greeter}, ports: [{name: grpc, port: 7070}]}\n',
    `apiVersion: v1\nkind: Endpoints\nmetadata: {name: greeter, namespace: default}\nsubsets: [${subsets.join(', ')}]\n`,
    ...pods,
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: greeter, namespace: default}\nspec: {host: greeter, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}\n',
  ].join('---\n')
}

function routes(weights: Readonly<Record<'v1' | 'v2', number>>): void {
  const route = Object.entries(weights).map(([subset, weight]) => `{destination: {host: greeter, subset: ${subset}}, weight: ${weight}}`)
  writeFileSync(
    join(folder, 'routes.yaml'),
    `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: greeter, namespace: default}\nspec: {hosts: [greeter], http: [{route: [${route.join(', ')}]}]}\n`,
  )
}

beforeAll(async () => {
  const ports = []
  for (const name of BACKENDS) ports.push(await serve(name))
  writeFileSync(join(folder, 'mesh.yaml'), meshOf(ports))
  routes({ v1: 100, v2: 0 })
  const [xds = 0, http = 0] = await freePorts(2)
  const args = ['--config-dir', folder, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
  pilot = startProgram(builtProgram('pilot/main'), { name: 'pilot', args })
  await pilot.whenReady()
  bootstrap = JSON.stringify({
    xds_servers: [{ server_uri: `127.0.0.1:${xds}`, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    node: {
      id: 'sidecar~10.0.0.9~caller.default~default.svc.cluster.local',
      metadata: { GENERATOR: 'grpc', NAMESPACE: 'default' },
      locality: {},
    },
  })
  caller = fork(new URL('../apps/grpc-xds-caller.mjs', import.meta.url), [bootstrap, TARGET, METHOD], { silent: true, execArgv: [] })
  caller.stdout?.setEncoding('utf8').on('data', (text: string) => answers.push(...text.trim().split('\n')))
}, 60_000)

afterAll(async () => {
  caller?.kill()
  for (const server of servers.values()) server.forceShutdown()
  await pilot?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Who answers the next calls. */
async function next(count: number): Promise<ReadonlyMap<string, number>> {
  answers = []
  await vi.waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(count), WAIT)
  return new Map([...Map.groupBy(answers, answer => answer)].map(([answer, all]) => [answer, all.length]))
}

async function expectAnswerers(...names: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect([...(await next(30)).keys()].toSorted()).toEqual(names), WAIT)
}

it('[grpc-js] routes by a subset, shares over its endpoints, and splits by weight, without a failed call', async () => {
  await expectAnswerers('v1-a', 'v1-b')
  routes({ v1: 50, v2: 50 })
  await expectAnswerers(...BACKENDS)
  const counts = await next(200)
  const v2 = (counts.get('v2-a') ?? 0) + (counts.get('v2-b') ?? 0)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  expect(v2 / all).toBeGreaterThan(0.3)
  expect(v2 / all).toBeLessThan(0.7)
}, 200_000)

describe.skipIf(grpcurl === '')(`grpc-go${grpcurl === '' ? ' (grpcurl is not installed; next: npm run peers -- grpcurl)' : ''}`, () => {
  /** Who answers `count` calls, each of a client that knows nothing yet; a call that fails fails the test. */
  async function ask(count: number): Promise<readonly string[]> {
    const names: string[] = []
    let asked = 0
    const lane = async (): Promise<void> => {
      while (asked++ < count) names.push(await call())
    }
    await Promise.all(Array.from({ length: GO_LANES }, lane))
    return names
  }

  async function call(): Promise<string> {
    const args = ['-plaintext', '-max-time', '10', '-import-path', PROTO_FOLDER, '-proto', 'greeter.proto', TARGET, METHOD.slice(1)]
    const { stdout } = await promisify(execFile)(grpcurl, args, { env: { ...process.env, GRPC_XDS_BOOTSTRAP_CONFIG: bootstrap } })
    const reply: { readonly name: string } = JSON.parse(stdout)
    return reply.name
  }

  it('[grpc-go] routes by the same configuration', async () => {
    routes({ v1: 0, v2: 100 })
    await vi.waitFor(async () => expect(await call()).toMatch(/^v2/), WAIT)
    routes({ v1: 100, v2: 0 })
    await vi.waitFor(async () => expect(await call()).toMatch(/^v1/), WAIT)
    expect((await ask(10)).filter(name => !name.startsWith('v1'))).toEqual([])
  }, 200_000)

  it('[grpc-go] splits by weight', async () => {
    routes({ v1: 100, v2: 0 })
    await vi.waitFor(async () => expect(await call()).toMatch(/^v1/), WAIT)
    routes({ v1: 80, v2: 20 })
    await vi.waitFor(async () => expect(await ask(10)).toContainEqual(expect.stringMatching(/^v2/)), WAIT)
    const names = await ask(SPLIT_CALLS)
    expect(names).toHaveLength(SPLIT_CALLS)
    // Expected are 24 with a standard deviation of 4.4; equal shares would be 60.
    const v2 = names.filter(name => name.startsWith('v2')).length
    expect(v2).toBeGreaterThanOrEqual(4)
    expect(v2).toBeLessThanOrEqual(46)
  }, 200_000)

  it('[grpc-go] fails over to the next endpoint when one dies', async () => {
    routes({ v1: 0, v2: 100 })
    await vi.waitFor(async () => expect(new Set(await ask(10))).toEqual(new Set(['v2-a', 'v2-b'])), WAIT)
    servers.get('v2-a')?.forceShutdown()
    expect(new Set(await ask(20))).toEqual(new Set(['v2-b']))
  }, 200_000)
})

it('[grpc-js] goes on with the others when an endpoint dies', async () => {
  routes({ v1: 100, v2: 0 })
  await expectAnswerers('v1-a', 'v1-b')
  servers.get('v1-a')?.forceShutdown()
  await expectAnswerers('v1-b')
}, 200_000)
