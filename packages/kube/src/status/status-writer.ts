import { type ObjectKey, objectKeyText } from '@meshwork/config/kinds'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { fieldsOf, itemsOf, type KubeDocument, textOf } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { type Condition, conditionChange, mergeConditions } from './conditions.ts'
import { conditionsOf, type ObjectRecord, type ObjectRecords } from './object-records.ts'

/** What the status of an object is to say. */
export interface WantedStatus {
  readonly key: ObjectKey
  /** Of the version that was judged. */
  readonly generation: number | undefined
  readonly conditions: readonly Condition[]
}

export interface StatusWriterOptions {
  readonly client: KubeClient
  readonly records: ObjectRecords
  /** Types of conditions that are ours; all others are somebody else's. */
  readonly owned: ReadonlySet<string>
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
  /** Told of conditions that were written and say something new. */
  readonly written?: (record: ObjectRecord, wanted: WantedStatus) => void
}

/** Calls at a time, and writes in a second: scaling a deployment changes the counts of many objects at once. */
const MOST_AT_ONCE = 4
const PAUSE_MS = 20
/** How often counts and words of one object are written while its verdict stays, in milliseconds. */
const WORDS_EVERY_MS = 5000
const RETRY_MS = 2000
const MOST_TRIES = 5
const CALL_LIMIT_MS = 10_000
const [OK, NOT_FOUND, CONFLICT] = [200, 404, 409]

/**
 * Writes conditions into the statuses of objects, with the version that was read as a precondition: whoever wrote in between loses
 * nothing, the write is made again on top of theirs. New verdicts go out at once, mere counts seldom. State: what is still to be
 * written, and when each object was written last.
 */
export class StatusWriter {
  private readonly options: StatusWriterOptions
  private readonly queue = new Map<string, WantedStatus>()
  private readonly writtenAt = new Map<string, number>()
  /** Kinds whose definition has no status. */
  private readonly unwritable = new Set<string>()
  private readonly abort = new AbortController()
  private readonly underWay = new Set<string>()
  private timer: Timer | undefined
  private timerAt = 0
  private told = ''

  constructor(options: StatusWriterOptions) {
    this.options = options
  }

  /** Replaces what was wanted before: objects that are not named are left as they are. */
  write(statuses: readonly WantedStatus[]): void {
    this.queue.clear()
    for (const status of statuses) this.queue.set(objectKeyText(status.key), status)
    const names = new Set(this.queue.keys())
    for (const text of this.writtenAt.keys()) if (!names.has(text)) this.writtenAt.delete(text)
    this.pump()
  }

  /** Nothing more is written until `write` is called again. */
  pause(): void {
    this.queue.clear()
    this.timer?.cancel()
    this.timer = undefined
  }

  close(): void {
    this.pause()
    this.abort.abort()
  }

  private pump(): void {
    for (const [text, wanted] of this.queue) {
      if (this.underWay.size >= MOST_AT_ONCE) return
      if (this.underWay.has(text)) continue
      const waitMs = this.waitOf(text, wanted)
      if (waitMs === null || waitMs === 0) this.queue.delete(text)
      if (waitMs === 0) this.begin(text, wanted)
      else if (waitMs !== null) this.again(waitMs)
    }
  }

  private begin(text: string, wanted: WantedStatus): void {
    this.underWay.add(text)
    void this.put(text, wanted).finally(() => {
      this.underWay.delete(text)
      this.again(PAUSE_MS)
    })
  }

  private again(ms: number): void {
    const at = this.options.clock.monotonicMs() + ms
    if (this.timer !== undefined && at >= this.timerAt) return
    this.timer?.cancel()
    this.timerAt = at
    this.timer = this.options.clock.after(ms, () => {
      this.timer = undefined
      this.pump()
    })
  }

  /** Milliseconds until this may be written; null: there is nothing to write. */
  private waitOf(text: string, wanted: WantedStatus): number | null {
    const record = this.options.records.get(wanted.key)
    if (record === undefined || this.unwritable.has(wanted.key.kind)) return null
    const change = conditionChange(conditionsOf(record), this.merged(conditionsOf(record), wanted), this.options.owned)
    if (change === 'none') return null
    const since = this.options.clock.monotonicMs() - (this.writtenAt.get(text) ?? Number.NEGATIVE_INFINITY)
    return change === 'verdict' ? 0 : Math.max(0, WORDS_EVERY_MS - since)
  }

  private merged(before: readonly KubeDocument[], { conditions, generation }: WantedStatus): readonly KubeDocument[] {
    return mergeConditions(before, conditions, { owned: this.options.owned, generation, now: this.options.clock.now() })
  }

  private async put(text: string, wanted: WantedStatus): Promise<void> {
    const record = this.options.records.get(wanted.key)
    if (record === undefined) return
    try {
      const problem = await this.patch(record, wanted)
      this.tell(problem)
      if (problem !== '') return
      this.writtenAt.set(text, this.options.clock.monotonicMs())
      this.options.written?.(record, wanted)
    } catch (error) {
      if (this.abort.signal.aborted) return
      this.tell(messageOf(error))
      if (!this.queue.has(text)) this.queue.set(text, wanted)
      this.again(RETRY_MS)
    }
  }

  /** On top of what was read; if that is no longer the newest, on top of what is. '' if it is done or need not be done. */
  private async patch(record: ObjectRecord, wanted: WantedStatus): Promise<string> {
    let { resourceVersion } = record
    let conditions = conditionsOf(record)
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { generation } = wanted
      const status = { conditions: this.merged(conditions, wanted), ...(generation !== undefined && { observedGeneration: generation }) }
      const answer = await this.options.client.merge(`${record.path}/status`, { metadata: { resourceVersion }, status }, this.limit())
      if (answer.status === OK) {
        this.options.records.written(record, fieldsOf(answer.body))
        return ''
      }
      if (answer.status === NOT_FOUND) return this.absent(record)
      if (answer.status !== CONFLICT) return `${answer.status}: ${textOf(fieldsOf(answer.body)['message'])}`
      const newest = await this.newest(record)
      if (newest === null) return ''
      const meta = fieldsOf(newest['metadata'])
      // The newest version was not judged yet; its verdict will come.
      if (generation !== undefined && meta['generation'] !== generation) return ''
      conditions = conditionsOf({ status: fieldsOf(newest['status']) })
      resourceVersion = textOf(meta['resourceVersion'])
    }
    throw new Error(`somebody else keeps writing ${record.path}`)
  }

  /** Either the object is gone, which its watch will say, or its kind has no status. */
  private async absent(record: ObjectRecord): Promise<string> {
    if ((await this.newest(record)) !== null) this.unwritable.add(record.key.kind)
    return ''
  }

  /** The object as it is now, by a list of one: the right to list is there already. null: it is gone. */
  private async newest({ path }: ObjectRecord): Promise<KubeDocument | null> {
    const at = path.lastIndexOf('/')
    const { status, body } = await this.options.client.get(
      `${path.slice(0, at)}?fieldSelector=metadata.name%3D${path.slice(at + 1)}`,
      this.limit(),
    )
    if (status !== OK) throw new Error(`${status}: ${textOf(fieldsOf(body)['message'])}`)
    const [found] = itemsOf(fieldsOf(body)['items'])
    return found === undefined ? null : fieldsOf(found)
  }

  private limit(): AbortSignal {
    return AbortSignal.any([this.abort.signal, AbortSignal.timeout(CALL_LIMIT_MS)])
  }

  /** Each trouble once for as long as it lasts. */
  private tell(problem: string): void {
    if (problem !== '' && problem !== this.told) this.options.log.warn('a status cannot be written', { reason: problem })
    this.told = problem
  }
}
