import type { AttributeBag } from '@meshwork/core/attributes'
import { ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { encodeRequest, type QuotaAsk, type Variety } from '../encode/index.ts'
import { type AdapterConnection, type CheckAnswer, decodeCheckAnswer, decodeQuotaAnswer, type QuotaAnswer } from '../handler/index.ts'
import { Failure } from '../lang/index.ts'
import { type InstanceSpec, shortName } from '../snapshot/index.ts'
import { type AnswerOf, combineAnswers } from './combine-answers.ts'
import { identityNamespace } from './identity-namespace.ts'
import type { Destination, RoutingTable } from './routing-table.ts'

/** Told of every call to an adapter. */
export type DispatchObserver = (destination: Destination, seconds: number, failed: boolean) => void

export interface DispatcherOptions {
  readonly table: RoutingTable
  readonly connections: ReadonlyMap<string, AdapterConnection>
  readonly clock: Clock
  readonly observe: DispatchObserver
}

/** An answer, or everything that went wrong on the way to it. */
export type Dispatched<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'err'; readonly errors: readonly string[] }

/** Requests to adapters above this size are split; adapters may refuse larger messages. */
const LARGEST_REPORT = 1_048_576

/** How long a quota is good for that nobody limits. */
const UNLIMITED_QUOTA_NANOS = 60_000_000_000n

/** Asks adapters about requests, by one immutable reading of the configuration. */
export class Dispatcher {
  private readonly options: DispatcherOptions

  constructor(options: DispatcherOptions) {
    this.options = options
  }

  /** All instances are made first, then all adapters are asked at once. `deadlineMs`: milliseconds since the epoch. */
  async check(bag: AttributeBag, deadlineMs: number): Promise<Dispatched<CheckAnswer>> {
    const errors: string[] = []
    const calls = this.matching('check', bag).flatMap(([destination, instance]) => {
      const bytes = this.encode(instance, bag, errors)
      return bytes === undefined ? [] : [{ destination, bytes }]
    })
    const arrived: AnswerOf[] = []
    if (errors.length > 0) return { kind: 'err', errors }
    await Promise.all(
      calls.map(async ({ destination, bytes }) => {
        const answer = await this.callFor(destination, [bytes], deadlineMs, decodeCheckAnswer)
        if (answer.kind === 'err') errors.push(`${destination.handler.name}: ${answer.error}`)
        else arrived.push({ handler: destination.handler.name, answer: answer.value })
      }),
    )
    return errors.length > 0 ? { kind: 'err', errors } : { kind: 'ok', value: combineAnswers(arrived) }
  }

  /** A name that no instance has, or whose conditions do not hold, is unlimited. The first grant to arrive counts. */
  async quota(bag: AttributeBag, name: string, ask: QuotaAsk, dedupId: string, deadlineMs: number): Promise<Dispatched<QuotaAnswer>> {
    const errors: string[] = []
    const wanted = name.toLowerCase()
    const calls = this.matching('quota', bag)
      .filter(([, instance]) => shortName(instance.name).toLowerCase() === wanted)
      .flatMap(([destination, instance]) => {
        const bytes = this.encode(instance, bag, errors)
        return bytes === undefined ? [] : [{ destination, instance, bytes }]
      })
    const granted: QuotaAnswer[] = []
    await Promise.all(
      calls.map(async ({ destination, instance, bytes }) => {
        const quota = { instanceName: instance.name, ask, dedupId }
        const answer = await this.callFor(destination, [bytes], deadlineMs, reply => decodeQuotaAnswer(reply, instance.name), quota)
        if (answer.kind === 'err') errors.push(`${destination.handler.name}: ${answer.error}`)
        else granted.push(answer.value)
      }),
    )
    if (errors.length > 0) return { kind: 'err', errors }
    return { kind: 'ok', value: granted[0] ?? { grantedAmount: ask.amount, validNanos: UNLIMITED_QUOTA_NANOS } }
  }

  report(): ReportSession {
    return new ReportSession(this)
  }

  /** Every instance to be made for this request. A condition that cannot be evaluated does not hold (mixer.md 3.4). */
  matching(variety: Variety, bag: AttributeBag): readonly (readonly [Destination, InstanceSpec])[] {
    const destinations = this.options.table.destinations(variety, identityNamespace(bag))
    return destinations.flatMap(destination =>
      destination.groups
        .filter(group => group.match === undefined || group.match.evaluate(bag) === true)
        .flatMap(group => group.instances.map(instance => [destination, instance] as const)),
    )
  }

  encode(instance: InstanceSpec, bag: AttributeBag, errors: string[]): Uint8Array | undefined {
    const bytes = instance.encoder.encode(bag)
    if (!(bytes instanceof Failure)) return bytes
    errors.push(`instance '${instance.name}': ${bytes.message}`)
    return undefined
  }

  async callFor<T>(
    destination: Destination,
    instances: readonly Uint8Array[],
    deadlineMs: number,
    decode: (bytes: Uint8Array) => Result<T, string>,
    quota?: { readonly instanceName: string; readonly ask: QuotaAsk; readonly dedupId: string },
  ): Promise<Result<T, string>> {
    const connection = this.options.connections.get(destination.handler.name)
    if (connection === undefined) return { kind: 'err', error: 'handler is closed' }
    const request = encodeRequest(instances, destination.handler.params, quota?.dedupId ?? connection.dedupId(), quota)
    const start = this.options.clock.monotonicMs()
    const reply = await connection.call(destination.template.path, request, deadlineMs)
    const answer = reply.kind === 'err' ? reply : decode(reply.value)
    this.options.observe(destination, (this.options.clock.monotonicMs() - start) / 1000, answer.kind === 'err')
    return answer
  }
}

/** The records of one Report: instances are made per record and delivered together. */
export class ReportSession {
  private readonly dispatcher: Dispatcher
  private readonly batches = new Map<Destination, Uint8Array[]>()
  readonly errors: string[] = []

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher
  }

  /** An instance that cannot be made is an error; the others of the record are kept. The bag is not read afterwards. */
  add(bag: AttributeBag): void {
    for (const [destination, instance] of this.dispatcher.matching('report', bag)) {
      const bytes = this.dispatcher.encode(instance, bag, this.errors)
      if (bytes === undefined) continue
      const batch = this.batches.get(destination)
      if (batch === undefined) this.batches.set(destination, [bytes])
      else batch.push(bytes)
    }
  }

  /** One call per destination, all at once. Failures are added to `errors`. */
  async flush(deadlineMs: number): Promise<void> {
    const calls = [...this.batches].flatMap(([destination, batch]) => chunks(batch).map(chunk => ({ destination, chunk })))
    this.batches.clear()
    await Promise.all(
      calls.map(async ({ destination, chunk }) => {
        const answer = await this.dispatcher.callFor(destination, chunk, deadlineMs, () => ok(undefined))
        if (answer.kind === 'err') this.errors.push(`${destination.handler.name}: ${answer.error}`)
      }),
    )
  }
}

function chunks(instances: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const all: Uint8Array[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const instance of instances) {
    if (size + instance.length > LARGEST_REPORT) {
      all.push([])
      size = 0
    }
    all.at(-1)?.push(instance)
    size += instance.length
  }
  return all
}
