import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import type { ReplicaNotes } from '@meshwork/kube/leader'
import { conditionsOf, ObjectEvents, type ObjectRecord, type ObjectRecords, StatusWriter, type WantedStatus } from '@meshwork/kube/status'
import { Debouncer } from '../push/debouncer.ts'
import type { ObjectStatus } from '../status/index.ts'
import { STATUS_KINDS } from './cluster-source.ts'
import { shareText, withShares } from './status-share.ts'
import { OWN_CONDITIONS, statusConditions } from './status-conditions.ts'

export interface StatusReporterOptions {
  readonly client: KubeClient
  readonly records: ObjectRecords
  /** What became of every object, as of now. */
  readonly statuses: () => readonly ObjectStatus[]
  /** Of this replica. */
  readonly identity: string
  /** What replicas tell each other: the leader has only some of the proxies. */
  readonly notes: Pick<ReplicaNotes, 'publish' | 'others'>
  readonly clock: Clock
  readonly log: Logger
}

/** Answers of several proxies to one push make one report. */
const QUIET_MS = 50
const LONGEST_MS = 250
/** Finding out what became of objects takes at most a fifth of the time: it is followed by a rest of so many times as long. */
const REST = 4

const HAVE_CONDITIONS: ReadonlySet<string> = new Set(STATUS_KINDS.map(({ kind }) => kind))

/**
 * Writes what became of objects into their statuses, and tells of refusals by events, while this replica leads; tells the leader what
 * it knows from its own proxies while it does not.
 */
export class StatusReporter implements Runner {
  readonly name = 'status'
  private readonly options: StatusReporterOptions
  private readonly writer: StatusWriter
  private readonly events: ObjectEvents
  private readonly debouncer: Debouncer
  private leads = false
  private closed = false
  private restUntil = 0

  constructor(options: StatusReporterOptions) {
    this.options = options
    const { client, records, clock, log, identity } = options
    this.events = new ObjectEvents({ client, component: 'meshwork-pilot', instance: identity, clock, log })
    const written = (record: ObjectRecord, wanted: WantedStatus): void => this.written(record, wanted)
    this.writer = new StatusWriter({ client, records, owned: OWN_CONDITIONS, clock, log, written })
    this.debouncer = new Debouncer({ clock, quietMs: QUIET_MS, maxMs: LONGEST_MS, run: () => this.report() })
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.closed = true
    this.debouncer.cancel()
    this.writer.close()
    return Promise.resolve()
  }

  lead(leads: boolean): void {
    this.leads = leads
    if (leads) this.options.notes.publish(null)
    else this.writer.pause()
    this.touched()
  }

  /** Statuses, or what other replicas know, may have changed. */
  touched(): void {
    if (!this.closed) this.debouncer.request()
  }

  private report(): void {
    const { clock, statuses, notes } = this.options
    const began = clock.monotonicMs()
    if (began < this.restUntil) {
      clock.after(this.restUntil - began, () => this.touched())
      return
    }
    const known = statuses().filter(status => this.isWritable(status))
    if (this.leads) this.writer.write(withShares(known, notes.others).map(wantedOf))
    else notes.publish(shareText(known))
    const now = clock.monotonicMs()
    this.restUntil = now + (now - began) * REST
  }

  private isWritable(status: ObjectStatus): boolean {
    return HAVE_CONDITIONS.has(status.kind) && this.options.records.get(status) !== undefined
  }

  /** An event whenever the words of a refusal are new. */
  private written(record: ObjectRecord, { conditions }: WantedStatus): void {
    const refusal = conditions.find(({ type }) => type === 'Rejected')
    const before = conditionsOf(record).find(({ type }) => type === 'Rejected')
    if (refusal === undefined || refusal.message === before?.['message']) return
    void this.events.tell(record, { type: 'Warning', reason: 'Rejected', message: refusal.message })
  }
}

function wantedOf(status: ObjectStatus): WantedStatus {
  const { kind, namespace, name, generation } = status
  return { key: { kind, namespace, name }, generation, conditions: statusConditions(status) }
}
