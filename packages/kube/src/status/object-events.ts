import { randomBytes } from 'node:crypto'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, textOf } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { ObjectRecord } from './object-records.ts'

export interface ObjectEventsOptions {
  readonly client: KubeClient
  /** Who says it: `meshwork-pilot`. */
  readonly component: string
  /** Which replica. */
  readonly instance: string
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

export interface ObjectEvent {
  readonly type: 'Normal' | 'Warning'
  /** One word for programs. */
  readonly reason: string
  readonly message: string
}

/** What an event is about. The resource version is empty where it is not known. */
export type EventSubject = Pick<ObjectRecord, 'key' | 'apiVersion' | 'uid' | 'resourceVersion'>

const LONGEST_MESSAGE = 1024
const CALL_LIMIT_MS = 10_000
const CREATED = 201
/** Of one object that is refused again and again only so many are told in a minute, and of all objects. */
const MOST_IN_A_MINUTE = 60
const MINUTE_MS = 60_000

/** Events about objects, as `kubectl describe` and `kubectl get events` show them. State: how many were made in this minute. */
export class ObjectEvents {
  private readonly options: ObjectEventsOptions
  private minute = { startedAt: Number.NEGATIVE_INFINITY, made: 0 }

  constructor(options: ObjectEventsOptions) {
    this.options = options
  }

  /** Never rejects: what cannot be told is logged. */
  async tell(record: EventSubject, event: ObjectEvent): Promise<void> {
    if (!this.takesOne()) return
    const { client, log } = this.options
    const { namespace } = record.key
    const path = `/api/v1/namespaces/${namespace}/events`
    try {
      const { status, body } = await client.create(path, this.eventOf(record, event), AbortSignal.timeout(CALL_LIMIT_MS))
      if (status !== CREATED) log.warn('an event cannot be made', { status, reason: textOf(fieldsOf(body)['message']) })
    } catch (error) {
      log.warn('an event cannot be made', { reason: messageOf(error) })
    }
  }

  private takesOne(): boolean {
    const now = this.options.clock.monotonicMs()
    if (now - this.minute.startedAt >= MINUTE_MS) this.minute = { startedAt: now, made: 0 }
    return ++this.minute.made <= MOST_IN_A_MINUTE
  }

  private eventOf({ key, apiVersion, uid, resourceVersion }: EventSubject, { type, reason, message }: ObjectEvent): object {
    const { component, instance, clock } = this.options
    const time = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    const { kind, namespace, name } = key
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
      ...{ type, reason, message: message.slice(0, LONGEST_MESSAGE) },
      source: { component, host: instance },
      ...{ firstTimestamp: time, lastTimestamp: time, count: 1 },
      ...{ reportingComponent: component, reportingInstance: instance },
    }
  }
}
