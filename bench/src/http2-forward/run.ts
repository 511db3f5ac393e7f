import { join } from 'node:path'
import { BenchRun } from '../harness/bench-run.ts'
import { h2load } from '../harness/h2load.ts'
import { costRatios, measure, startSubjects, subjectLines } from '../harness/subject.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend } from '../peers/nginx.ts'

const CONNECTIONS = 4
const STREAMS = 8
const MESSAGE_BYTES = 100

interface Http2Load {
  readonly bench: string
  readonly answerBytes: number
  readonly grpc: boolean
}

/** HTTP/2 with prior knowledge on both sides: 4 connections with 8 streams each. */
export function http2Forward(quick: boolean): AsyncGenerator<object> {
  return overHttp2(quick, { bench: 'http2-forward', answerBytes: 490, grpc: false })
}

/** Unary gRPC calls with messages of 100 bytes both ways, trailers included. */
export function grpcUnary(quick: boolean): AsyncGenerator<object> {
  return overHttp2(quick, { bench: 'grpc-unary', answerBytes: MESSAGE_BYTES + 5, grpc: true })
}

async function* overHttp2(quick: boolean, { bench, answerBytes, grpc }: Http2Load): AsyncGenerator<object> {
  await using run = await BenchRun.begin()
  const backend = await startBackend(run, { bytes: answerBytes, http2: true, grpc })
  const subjects = await startSubjects({
    meshwork: port => startMeshwork(run, resources(port, backend), port),
    envoy: port => startEnvoy(run, resources(port, backend), port),
    haproxy: port =>
      startHaproxy(run, [{ name: 'main', bind: `127.0.0.1:${port} proto h2`, server: `127.0.0.1:${backend} proto h2` }], port),
  })
  const message = grpc ? { headers: GRPC_HEADERS, bodyFile: await run.file('message', grpcMessage()) } : {}
  const samples = await measure(subjects, quick, ({ port }, seconds) =>
    h2load(port, seconds, { connections: CONNECTIONS, streams: STREAMS, logFile: join(run.folder, 'latencies'), ...message }),
  )
  yield* subjectLines(bench, samples)
  yield { bench, ratios: costRatios(samples) }
}

const GRPC_HEADERS = { 'content-type': 'application/grpc', te: 'trailers' } as const

/** Length-prefixed message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
function grpcMessage(): Buffer {
  const message = Buffer.alloc(5 + MESSAGE_BYTES, 'x')
  message.writeUInt8(0, 0)
  message.writeUInt32BE(MESSAGE_BYTES, 1)
  return message
}

function resources(port: number, backend: number): EnvoyResources {
  const more = { codec_type: 'HTTP2' }
  return {
    listeners: [listener(port, manager({ routes: [routeTo('backend')], more }))],
    clusters: [cluster(backend, { http2: true })],
  }
}
