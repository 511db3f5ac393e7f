import type { ServerHttp2Stream } from 'node:http2'
import type { Clock, Timer } from '@meshwork/core/time'
import { status } from '@grpc/grpc-js'
import type { StreamPeer } from '../server/peer.ts'
import type { XdsServer } from '../server/server.ts'
import type { ServerStream, ServerTransport, StreamFailure } from '../server/transport.ts'
import type { XdsRequest } from '../types/messages.ts'
import type { DiscoveryMethod } from './discovery-methods.ts'
import { MessageFrames } from './message-frames.ts'
import { type RequestFrames, streamMemory } from './request-frames.ts'
import { lengthOf, portions, type ResponseFrames } from './response-frames.ts'
import type { SendBudget } from './send-budget.ts'

/** Longest request: 200,000 names of 80 bytes. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024
/** Responses of so many bytes take turns. */
const LARGE_BYTES = 64 * 1024

export interface DiscoveryCallOptions {
  readonly xds: XdsServer
  readonly requests: RequestFrames
  readonly responses: ResponseFrames
  /** What may be on its way to all clients together. */
  readonly budget: SendBudget
  readonly clock: Clock
  /** How long a client may leave a response unread before its stream is ended, in milliseconds. */
  readonly sendTimeoutMs: number
  /** Told of every stream that was ended for that. */
  readonly sendTimedOut: () => void
}

/** Joins one HTTP/2 stream, whose headers have been answered, with one discovery stream. */
export class DiscoveryCall implements ServerTransport {
  private readonly options: DiscoveryCallOptions
  private readonly http: ServerHttp2Stream
  private readonly method: DiscoveryMethod
  private readonly frames = new MessageFrames(MAX_REQUEST_BYTES)
  private readonly memory = streamMemory()
  private readonly stream: ServerStream
  private stalled: Timer | null = null
  /** A response waits for its turn. */
  private isQueued = false
  private giveUp: () => void = () => undefined
  private ending: StreamFailure | null | undefined = undefined

  constructor(options: DiscoveryCallOptions, http: ServerHttp2Stream, method: DiscoveryMethod, peer: StreamPeer) {
    this.options = options
    this.http = http
    this.method = method
    http.on('wantTrailers', () => this.sendTrailers())
    http.on('close', () => this.closed())
    // A reset by the client or a broken connection: 'close' follows.
    http.on('error', () => undefined)
    this.stream = options.xds.open(this, peer)
    http.on('data', (chunk: Buffer) => this.read(chunk))
    http.on('drain', () => this.drained())
    http.on('end', () => this.end())
  }

  send(...[response]: Parameters<ServerTransport['send']>): boolean {
    if (this.ending !== undefined || this.http.destroyed) return true
    const parts = this.options.responses.encode(response)
    const bytes = lengthOf(parts)
    if (bytes < LARGE_BYTES) {
      const room = this.write(parts, null)
      if (!room) this.watchStall()
      return room
    }
    this.isQueued = true
    this.giveUp = this.options.budget.ask({ bytes, start: done => this.sendLarge(portions(parts), done), taken: () => this.bytesWritten() })
    return false
  }

  /** One portion after the other has gone. */
  private sendLarge(rest: readonly (readonly Buffer[])[], done: () => void): void {
    const [portion, ...others] = rest
    if (portion === undefined || this.ending !== undefined || this.http.destroyed) {
      this.isQueued = false
      done()
      this.drained()
      return
    }
    this.watchStall()
    this.write(portion, () => this.sendLarge(others, done))
  }

  /** Without copying: of what many clients get, each has references. False: the client is slow. */
  private write(parts: readonly Buffer[], done: (() => void) | null): boolean {
    const last = parts.length - 1
    if (last > 0) this.http.cork()
    let room = true
    for (const [index, part] of parts.entries()) room = this.http.write(part, index === last && done !== null ? () => done() : undefined)
    if (last > 0) this.http.uncork()
    return room
  }

  end(failure?: StreamFailure): void {
    if (this.ending !== undefined) return
    this.ending = failure ?? null
    this.stopWatching()
    if (!this.http.destroyed) this.http.end()
  }

  private read(chunk: Buffer): void {
    if (this.ending !== undefined) return
    const messages = this.frames.push(chunk)
    if (typeof messages === 'string') {
      this.refuse(messages)
      return
    }
    for (const message of messages) this.received(message)
  }

  private received(message: Buffer): void {
    const { requests } = this.options
    const request: XdsRequest | string =
      this.method.variant === 'sotw' ? requests.sotw(message, this.memory) : requests.delta(message, this.memory)
    const { onlyType } = this.method
    if (typeof request === 'string') this.refuse(request)
    else if (onlyType === null || request.typeUrl === onlyType) this.stream.received(request)
    else if (request.typeUrl === '') this.stream.received({ ...request, typeUrl: onlyType })
    else this.refuse(`this service knows ${onlyType} only`)
  }

  private refuse(message: string): void {
    this.end({ code: 'INVALID_ARGUMENT', message })
    this.stream.closed()
  }

  private drained(): void {
    if (this.isQueued || this.ending !== undefined) return
    this.stopWatching()
    this.stream.drained()
  }

  /** Whoever reads nothing for so long is dead, or hostile: its memory is given back, and it may come again. */
  private watchStall(): void {
    if (this.stalled !== null) return
    const written = this.bytesWritten()
    this.stalled = this.options.clock.after(this.options.sendTimeoutMs, () => {
      this.stalled = null
      if (this.bytesWritten() !== written) {
        this.watchStall()
        return
      }
      this.options.sendTimedOut()
      this.http.session?.destroy()
    })
  }

  /** Of the whole connection: a slow client that reads at all is let be. */
  private bytesWritten(): number {
    return this.http.session?.socket.bytesWritten ?? 0
  }

  private stopWatching(): void {
    this.stalled?.cancel()
    this.stalled = null
  }

  private sendTrailers(): void {
    const failure = this.ending ?? null
    const trailers = failure === null ? { 'grpc-status': '0' } : failureHeaders(status[failure.code], failure.message)
    this.http.sendTrailers(trailers)
  }

  private closed(): void {
    this.stopWatching()
    this.giveUp()
    this.ending ??= null
    this.stream.closed()
  }
}

/** gRPC over HTTP/2, "Status-Message": what is not printable ASCII is percent-encoded, and so is the percent sign. */
export function failureHeaders(code: number, message: string): Readonly<Record<string, string>> {
  return { 'grpc-status': String(code), 'grpc-message': message.replaceAll(/[^ -$&-~]/gu, encodeURIComponent) }
}
