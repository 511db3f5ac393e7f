import type { Socket } from 'node:net'

import { exchangeBytes, exchangeHttp1, exchangeHttp2, exchangeUpgrade } from './client.ts'
import { headerValue } from './header-pairs.ts'
import type { Exchanged } from './read-http1.ts'
import type { Answer, DrivenRequest } from './messages.ts'
import { openConnection, shownNames } from './open-connection.ts'

const GIVE_UP_MS = 15_000

/** Makes the request `count` times, each on a new connection, `concurrency` at once; answers in order of their start. */
export async function drive(request: DrivenRequest): Promise<readonly Answer[]> {
  const count = request.spec.count ?? 1
  const answers: Answer[] = []
  let started = 0
  const worker = async (): Promise<void> => {
    while (started < count) {
      const index = started++
      answers[index] = await driveOnce(request)
    }
  }
  await Promise.all(Array.from({ length: Math.min(request.spec.concurrency ?? 1, count) }, worker))
  return answers
}

async function driveOnce(request: DrivenRequest): Promise<Answer> {
  const begin = performance.now()
  const connection: { socket?: Socket; names: readonly string[] } = { names: [] }
  const limit = request.spec.giveUpAfterMs ?? GIVE_UP_MS
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('timeout'), { code: 'timeout' })), limit)
  })
  const since = (): number => Math.round(performance.now() - begin)
  try {
    const work = async (): Promise<Exchanged> => {
      connection.socket = await openConnection(request)
      connection.names = shownNames(connection.socket)
      return await exchange(connection.socket, request)
    }
    const got = await Promise.race([work(), timeout])
    return { ...got, outcome: 'ok', endpoint: endpointOf(got, request), serverCert: connection.names, durationMs: since() }
  } catch (error) {
    const outcome = `error:${codeOf(error)}`
    return { outcome, status: 0, endpoint: null, headers: [], body: '', serverCert: connection.names, durationMs: since() }
  } finally {
    clearTimeout(timer)
    connection.socket?.destroy()
  }
}

function exchange(socket: Socket, request: DrivenRequest): Promise<Exchanged> {
  switch (request.spec.proto) {
    case 'tcp':
      return exchangeBytes(socket, request.spec)
    case 'ws':
      return exchangeUpgrade(socket, request.spec)
    case 'h2':
    case 'h2c':
    case 'grpc':
      return exchangeHttp2(socket, request.spec)
    case 'http':
    case 'https':
    case 'http10':
      return exchangeHttp1(socket, request.spec)
  }
}

/** The endpoint that names itself in the answer; null when a proxy made it. */
function endpointOf(got: Exchanged, request: DrivenRequest): string | null {
  if (request.spec.proto === 'grpc') return got.body === '' ? null : headerValue(got.headers, 'x-endpoint') || null
  const bytes = /^(\S+) got /.exec(got.body)?.[1]
  if (bytes !== undefined) return bytes
  if (!got.body.startsWith('{')) return null
  try {
    const parsed: unknown = JSON.parse(got.body)
    if (typeof parsed !== 'object' || parsed === null || !('endpoint' in parsed)) return null
    return typeof parsed.endpoint === 'string' ? parsed.endpoint : null
  } catch {
    return null
  }
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code)
  return error instanceof Error ? error.message : 'unknown'
}
