import { BenchRun } from '../harness/bench-run.ts'
import { costRatios, measure, startSubjects, subjectLines } from '../harness/subject.ts'
import { opensslTime } from '../harness/openssl-time.ts'
import { wrk } from '../harness/wrk.ts'
import { cluster, type EnvoyResources, listener, type ListenerOptions, manager, routeTo } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { createIdentity, downstreamMutualTls } from '../peers/identity.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend } from '../peers/nginx.ts'

const CONNECTIONS = 8

/** CPU time for a new plain connection with one request on it. */
export async function* connect(quick: boolean): AsyncGenerator<object> {
  await using run = await BenchRun.begin()
  const backend = await startBackend(run, { bytes: 490 })
  const subjects = await startSubjects({
    meshwork: port => startMeshwork(run, resources(port, backend), port),
    envoy: port => startEnvoy(run, resources(port, backend), port),
    haproxy: port => startHaproxy(run, [{ name: 'main', bind: `127.0.0.1:${port}`, server: `127.0.0.1:${backend}` }], port),
  })
  const load = { connections: CONNECTIONS, headers: { connection: 'close' } }
  const samples = await measure(subjects, quick, ({ port }, seconds) => wrk(port, seconds, load))
  yield* subjectLines('connect', samples)
  yield { bench: 'connect', ratios: costRatios(samples) }
}

/** CPU time for a full mutual-TLS handshake (TLS 1.3, P-256 certificates, no resumption). */
export async function* handshake(quick: boolean): AsyncGenerator<object> {
  await using run = await BenchRun.begin()
  const backend = await startBackend(run, { bytes: 490 })
  const identity = await createIdentity(run)
  const options = { transportSocket: downstreamMutualTls(identity, ['http/1.1']) }
  const bind = `ssl crt ${identity.pemFile} ca-file ${identity.rootFile} verify required curves X25519`
  const subjects = await startSubjects({
    meshwork: port => startMeshwork(run, resources(port, backend, options), port),
    envoy: port => startEnvoy(run, resources(port, backend, options), port),
    haproxy: port => startHaproxy(run, [{ name: 'main', bind: `127.0.0.1:${port} ${bind}`, server: `127.0.0.1:${backend}` }], port),
  })
  const samples = await measure(subjects, quick, ({ port }, seconds) => opensslTime(port, seconds, identity))
  yield* subjectLines('handshake', samples)
  yield { bench: 'handshake', ratios: costRatios(samples) }
}

function resources(port: number, backend: number, options: ListenerOptions = {}): EnvoyResources {
  return { listeners: [listener(port, manager({ routes: [routeTo('backend')] }), options)], clusters: [cluster(backend)] }
}
