import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { err, ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { HandlerSpec } from '../snapshot/index.ts'
import { CircuitBreaker } from './circuit-breaker.ts'

/** Longer than the 5 s that proxies wait: it bounds what a call can hold, it does not decide a verdict. */
const DEFAULT_TIMEOUT_MS = 10_000

const CHANNEL_OPTIONS = {
  // The mesh hands `http_proxy` to applications; its own channels must not follow it.
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // Handlers with equal addresses still get a connection each: one that stalls must not hold another.
  'grpc.use_local_subchannel_pool': 1,
}

/** Failures that say something about the adapter's health; others are its answer. */
const TRANSPORT_FAILURES: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED])

function pass(bytes: Buffer): Buffer {
  return bytes
}

/** One handler's own connection to its adapter: opened at the first call, with a deadline per call and a breaker. */
export class AdapterConnection {
  readonly spec: HandlerSpec
  private readonly clock: Clock
  private readonly client: Client
  private readonly breaker: CircuitBreaker
  private nextDedup: bigint
  private inFlight = 0
  private idle: (() => void) | undefined

  /** `firstDedup`: where the numbers that make calls distinguishable start; random in production. */
  constructor(spec: HandlerSpec, clock: Clock, firstDedup: bigint) {
    this.spec = spec
    this.clock = clock
    this.client = new Client(spec.address, credentials.createInsecure(), CHANNEL_OPTIONS)
    this.breaker = new CircuitBreaker(clock)
    this.nextDedup = firstDedup
  }

  dedupId(): string {
    this.nextDedup = BigInt.asUintN(64, this.nextDedup + 1n)
    return this.nextDedup.toString()
  }

  /** The answer's bytes, or why there is none. `deadlineMs`: when the asker stops waiting, milliseconds since the epoch. Never rejects. */
  async call(path: string, request: Uint8Array, deadlineMs: number): Promise<Result<Uint8Array, string>> {
    if (!this.breaker.admits()) return err(this.describe('unavailable: it failed repeatedly and is being left alone for a while'))
    const deadline = Math.min(deadlineMs, this.clock.now() + (this.spec.timeoutMs ?? DEFAULT_TIMEOUT_MS))
    this.inFlight++
    const outcome = await this.unary(path, request, deadline)
    this.inFlight--
    if (this.inFlight === 0) this.idle?.()
    return outcome
  }

  /** Closes once the calls in flight are answered, at the latest after `drainMs`. */
  async close(drainMs: number): Promise<void> {
    if (this.inFlight > 0) {
      await new Promise<void>(resolve => {
        const timer = this.clock.after(drainMs, resolve)
        this.idle = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    this.client.close()
  }

  private unary(path: string, request: Uint8Array, deadline: number): Promise<Result<Uint8Array, string>> {
    return new Promise(resolve => {
      const done = (error: ServiceError | null, answer?: Buffer): void => {
        if (error !== null && TRANSPORT_FAILURES.has(error.code)) this.breaker.failed()
        else this.breaker.succeeded()
        resolve(error === null ? ok(answer ?? Buffer.alloc(0)) : err(this.describe(`${status[error.code]}: ${error.details}`)))
      }
      this.client.makeUnaryRequest(path, pass, pass, Buffer.from(request), new Metadata(), { deadline }, done)
    })
  }

  private describe(problem: string): string {
    return `adapter '${this.spec.adapter.name}' at ${this.spec.address}: ${problem}`
  }
}
