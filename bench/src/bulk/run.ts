import { createIdentity, downstreamTls } from '../peers/identity.ts'
import { BenchRun } from '../harness/bench-run.ts'
import { measure, round, startSubjects } from '../harness/subject.ts'
import { wrk } from '../harness/wrk.ts'
import { median } from '../median.ts'
import { cluster, type EnvoyResources, listener, type ListenerOptions, tcpProxy } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startFileServer } from '../peers/nginx.ts'

const FILE_BYTES = 8 * 1_048_576
const CONNECTIONS = 4

/** Bytes of a TCP stream passed on for each second of CPU time: large answers through a TCP proxy. */
export function tcpBulk(quick: boolean): AsyncGenerator<object> {
  return bulk('tcp-bulk', quick, false)
}

/** The same with TLS towards the client. */
export function tlsBulk(quick: boolean): AsyncGenerator<object> {
  return bulk('tls-bulk', quick, true)
}

async function* bulk(bench: string, quick: boolean, tls: boolean): AsyncGenerator<object> {
  await using run = await BenchRun.begin()
  await run.file('large', Buffer.alloc(FILE_BYTES, 'x'))
  const backend = await startFileServer(run)
  const identity = await createIdentity(run)
  const options: ListenerOptions = tls ? { transportSocket: downstreamTls(identity, ['http/1.1']) } : {}
  const bindTls = tls ? ` ssl crt ${identity.pemFile}` : ''
  const subjects = await startSubjects({
    meshwork: port => startMeshwork(run, resources(port, backend, options), port),
    envoy: port => startEnvoy(run, resources(port, backend, options), port),
    haproxy: port =>
      startHaproxy(run, [{ name: 'main', mode: 'tcp', bind: `127.0.0.1:${port}${bindTls}`, server: `127.0.0.1:${backend}` }], port),
  })
  const samples = await measure(subjects, quick, ({ port }, seconds) =>
    wrk(port, seconds, { connections: CONNECTIONS, path: '/large', tls }),
  )
  const speed = new Map([...samples].map(([name, runs]) => [name, FILE_BYTES / median(runs.map(({ cpuUsPerRequest }) => cpuUsPerRequest))]))
  for (const [subject, bytesPerUs] of speed) yield { bench, subject, mb_per_cpu_s: Math.round(bytesPerUs) }
  const ours = speed.get('meshwork') ?? 0
  yield {
    bench,
    ratios: Object.fromEntries([...speed].filter(([name]) => name !== 'meshwork').map(([name, of]) => [name, round(ours / of, 3)])),
  }
}

function resources(port: number, backend: number, options: ListenerOptions): EnvoyResources {
  return { listeners: [listener(port, tcpProxy('backend'), options)], clusters: [cluster(backend)] }
}
