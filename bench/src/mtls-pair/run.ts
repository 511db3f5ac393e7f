import { freePort } from '@meshwork/testkit/net'
import { BenchRun } from '../harness/bench-run.ts'
import type { PinnedProcess } from '../harness/pinned-process.ts'
import { costRatios, measure, startSubjects, subjectLines } from '../harness/subject.ts'
import { wrk } from '../harness/wrk.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { createIdentity, downstreamMutualTls, type Identity, upstreamMutualTls } from '../peers/identity.ts'
import { startBackend } from '../peers/nginx.ts'

const BODY_BYTES = 490
const IN_FLIGHT = [1, 8, 32, 256] as const

/** Two sidecars, plain text in and out, mutual TLS between them; CPU time of both together. */
export async function* mtlsPair(quick: boolean): AsyncGenerator<object> {
  await using run = await BenchRun.begin()
  const backend = await startBackend(run, { bytes: BODY_BYTES })
  const identity = await createIdentity(run)
  const pair = async (start: typeof startEnvoy, port: number, http2: boolean): Promise<readonly PinnedProcess[]> => {
    const between = await freePort()
    const inbound = await start(run, inboundResources(between, backend, identity), between)
    return [inbound, await start(run, outboundResources(port, between, identity, http2), port)]
  }
  const subjects = await startSubjects({
    meshwork: port => pair(startMeshwork, port, true),
    'envoy h2': port => pair(startEnvoy, port, true),
    'envoy h1': port => pair(startEnvoy, port, false),
    haproxy: port => haproxyPair(run, port, backend, identity),
  })
  for (const inFlight of IN_FLIGHT) {
    const samples = await measure(subjects, quick, ({ port }, seconds) => wrk(port, seconds, { connections: inFlight }))
    yield* subjectLines('mtls-pair', samples, { in_flight: inFlight })
    yield { bench: 'mtls-pair', in_flight: inFlight, ratios: costRatios(samples) }
  }
}

function inboundResources(port: number, backend: number, identity: Identity): EnvoyResources {
  const tls = downstreamMutualTls(identity, ['h2', 'http/1.1'])
  return {
    listeners: [listener(port, manager({ routes: [routeTo('backend')] }), { transportSocket: tls })],
    clusters: [cluster(backend)],
  }
}

function outboundResources(port: number, between: number, identity: Identity, http2: boolean): EnvoyResources {
  const tls = upstreamMutualTls(identity, [http2 ? 'h2' : 'http/1.1'])
  return {
    listeners: [listener(port, manager({ routes: [routeTo('backend')] }))],
    clusters: [cluster(between, { http2, transportSocket: tls })],
  }
}

async function haproxyPair(run: BenchRun, port: number, backend: number, identity: Identity): Promise<readonly PinnedProcess[]> {
  const between = await freePort()
  const tls = `ssl crt ${identity.pemFile} ca-file ${identity.rootFile}`
  const bind = `127.0.0.1:${between} ${tls} verify required alpn h2,http/1.1 curves X25519`
  const inbound = await startHaproxy(run, [{ name: 'inbound', bind, server: `127.0.0.1:${backend}` }], between)
  const server = `127.0.0.1:${between} ${tls} verify required alpn h2,http/1.1`
  return [inbound, await startHaproxy(run, [{ name: 'outbound', bind: `127.0.0.1:${port}`, server }], port)]
}
