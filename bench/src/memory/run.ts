import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BenchRun } from '../harness/bench-run.ts'
import { residentBytes } from '../harness/cpu-time.ts'
import { round, startSubjects, type Subject } from '../harness/subject.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo, socketAddress } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend } from '../peers/nginx.ts'

const CLUSTERS = 1000
const ENDPOINTS = 10
const CONNECTIONS = 1000
const MEGABYTE = 1_048_576

/** Resident memory: idle, with 1,000 clusters of 10 endpoints, and what 1,000 idle client connections add. */
export async function* memory(quick: boolean): AsyncGenerator<object> {
  const settleMs = quick ? 5000 : 60_000
  for (const [state, clusters] of [
    ['idle', 0],
    ['1000-clusters', CLUSTERS],
  ] as const) {
    await using run = await BenchRun.begin()
    const backend = await startBackend(run, { bytes: 490 })
    const subjects = await startSubjects({
      meshwork: port => startMeshwork(run, resources(port, backend, clusters), port),
      envoy: port => startEnvoy(run, resources(port, backend, clusters), port),
      ...(clusters === 0
        ? { haproxy: port => startHaproxy(run, [{ name: 'main', bind: `127.0.0.1:${port}`, server: `127.0.0.1:${backend}` }], port) }
        : {}),
    })
    await delay(settleMs)
    yield* lines(state, new Map(subjects.map(({ name, pids }) => [name, residentBytes(pids)])))
    if (clusters === 0) yield* lines('per-1000-connections', await connectionsCost(subjects, settleMs))
  }
}

async function connectionsCost(subjects: readonly Subject[], settleMs: number): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>()
  for (const { name, port, pids } of subjects) {
    await warmUp(port)
    await delay(settleMs / 5)
    const before = residentBytes(pids)
    const sockets = await openConnections(port)
    await delay(settleMs / 2)
    costs.set(name, ((residentBytes(pids) - before) * 1000) / CONNECTIONS)
    for (const socket of sockets) socket.destroy()
  }
  return costs
}

/** As many requests over one connection: what the first requests cost, whoever sends them, is not what connections cost. */
async function warmUp(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  for (let i = 0; i < CONNECTIONS; i++) await ask(socket)
  socket.destroy()
}

/** Each has carried one request. */
async function openConnections(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    await ask(socket)
  }
  return sockets
}

async function ask(socket: Socket): Promise<void> {
  socket.write('GET / HTTP/1.1\r\nhost: bench\r\n\r\n')
  await once(socket, 'data')
}

function* lines(state: string, bytes: ReadonlyMap<string, number>): Generator<object> {
  const ours = bytes.get('meshwork') ?? 0
  for (const [subject, value] of bytes) yield { bench: 'memory', subject, state, rss_mb: round(value / MEGABYTE, 1) }
  const peers = [...bytes].filter(([name]) => name !== 'meshwork')
  yield { bench: 'memory', state, ratios: Object.fromEntries(peers.map(([name, value]) => [name, round(ours / value, 3)])) }
}

function resources(port: number, backend: number, clusters: number): EnvoyResources {
  const more = Array.from({ length: clusters }, (_, i) => manyEndpoints(`service-${i}`))
  return { listeners: [listener(port, manager({ routes: [routeTo('backend')] }))], clusters: [cluster(backend), ...more] }
}

function manyEndpoints(name: string): object {
  const endpoints = Array.from({ length: ENDPOINTS }, (_, i) => ({ endpoint: { address: socketAddress(20_000 + i) } }))
  return { name, connect_timeout: '5s', load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] } }
}
