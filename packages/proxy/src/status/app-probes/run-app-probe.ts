import { request as requestHttp } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import { type HttpAnswer, textAnswer } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import { isServing, questionFor } from '../../upstream/health/grpc/health-message.ts'
import type { AppProbe, GrpcProbe, HttpProbe, TcpProbe } from './parse-app-probes.ts'

/** Where the application listens, and the source address that interception leaves alone; undefined where there is none to choose. */
export interface Application {
  readonly host: string
  readonly localAddress: string | undefined
}

/** Ends a question: the answer, or undefined to give up. */
type Done = (answer: HttpAnswer) => void

const MOST_BODY_BYTES = 64 * 1024

/**
 * Asks the application what the kubelet wants to know. HTTP: the application's own status; TCP and gRPC: 200, or 500 with the
 * reason. An application that is too slow is 500 too.
 */
export function runAppProbe(probe: AppProbe, application: Application, clock: Clock): Promise<HttpAnswer> {
  return new Promise(resolve => {
    let stop: () => void = () => undefined
    const done: Done = answer => {
      timer.cancel()
      stop()
      resolve(answer)
    }
    const timer = clock.after(probe.timeoutMs, () => done(failed(`no answer within ${probe.timeoutMs} ms`)))
    stop = ask(probe, application, done)
  })
}

function ask(probe: AppProbe, application: Application, done: Done): () => void {
  if (probe.kind === 'http') return askHttp(probe, application, done)
  return probe.kind === 'tcp' ? askTcp(probe, application, done) : askGrpc(probe, application, done)
}

function failed(reason: string): HttpAnswer {
  return textAnswer(`${reason}\n`, 500)
}

/** As the kubelet does, it does not verify the certificate: the question is whether the application lives. */
function askHttp({ scheme, port, path, headers }: HttpProbe, { host, localAddress }: Application, done: Done): () => void {
  const options = { host, port, path, headers: { connection: 'close', 'user-agent': 'meshwork-probe', ...headers }, agent: false }
  const source = localAddress === undefined ? {} : { localAddress }
  const open = scheme === 'https' ? requestHttps : requestHttp
  const call = open({ ...options, ...source, ...(scheme === 'https' && { rejectUnauthorized: false }) }, response => {
    let bytes = 0
    const status = response.statusCode ?? 500
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BODY_BYTES) done(textAnswer('', status))
    })
    response.on('end', () => done(textAnswer('', status)))
    response.on('error', error => done(failed(error.message)))
  })
  call.on('error', error => done(failed(error.message)))
  call.end()
  return () => call.destroy()
}

function askTcp({ port }: TcpProbe, { host, localAddress }: Application, done: Done): () => void {
  const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })
  socket.once('connect', () => done(textAnswer('')))
  socket.on('error', error => done(failed(error.message)))
  return () => socket.destroy()
}

/** grpc.health.v1.Health/Check over HTTP/2 with prior knowledge, as the kubelet's own gRPC probes. */
function askGrpc({ port, service }: GrpcProbe, { host, localAddress }: Application, done: Done): () => void {
  const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })
  const session = connectHttp2(`http://${authorityOf(host)}:${port}`, { createConnection: () => socket })
  session.on('error', error => done(failed(error.message)))
  const headers = { ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers' }
  const call = session.request(headers)
  const chunks: Buffer[] = []
  let [status, bytes] = ['', 0]
  const note = (fields: Readonly<Record<string, unknown>>): void => {
    const found = fields['grpc-status']
    if (typeof found === 'string') status = found
  }
  call.on('response', note)
  call.on('trailers', note)
  call.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) done(failed('the answer is too long'))
    else chunks.push(chunk)
  })
  call.on('error', error => done(failed(error.message)))
  call.on('end', () => done(grpcAnswer(status, Buffer.concat(chunks))))
  call.end(questionFor(service))
  return () => session.destroy()
}

function grpcAnswer(status: string, body: Buffer): HttpAnswer {
  if (status !== '0') return failed(`grpc-status ${status === '' ? 'missing' : status}`)
  return isServing(body) ? textAnswer('') : failed('not serving')
}

function authorityOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
