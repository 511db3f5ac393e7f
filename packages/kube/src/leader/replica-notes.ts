import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { fieldsOf, type KubeDocument, textOf } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { ResourceWatch, type WatchSink } from '../source/resource-watch.ts'

export interface ReplicaNotesOptions {
  readonly client: KubeClient
  readonly namespace: string
  /** What the notes are about; ConfigMaps begin with it. */
  readonly name: string
  /** Of this replica. */
  readonly identity: string
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
  /** Told when the notes of others change. */
  readonly changed: () => void
}

const LABEL = 'meshwork.dev/replica-note'
const FIELD_MANAGER = 'meshwork-replica'
/** A note is written again so often that readers know its writer lives, in milliseconds. */
const RENEW_MS = 20_000
/** A note that was not renewed for so long is of a replica that is gone. */
const DEAD_MS = 60_000
/** Pause after a write: changes that come together make one. */
const PAUSE_MS = 200
const RETRY_MS = 2000
const CALL_LIMIT_MS = 10_000
/** Compressed, as base64; a ConfigMap holds 1 MiB. */
const MOST_CHARACTERS = 900_000
const MOST_TEXT_BYTES = 32 * 1024 * 1024

interface Note {
  readonly identity: string
  readonly text: string
  readonly beat: string
  readonly seenAt: number
}

/**
 * What replicas tell each other through the API server: each has a ConfigMap with one text. State: the notes of the others, and ours
 * as far as it is not written yet. Whether a writer lives is told by what changes, not by comparing clocks.
 */
export class ReplicaNotes implements Runner {
  readonly name = 'replica notes'
  private readonly options: ReplicaNotesOptions
  private readonly watch: ResourceWatch
  private readonly own: string
  private readonly notes = new Map<string, Note>()
  private wanted: string | null = null
  private written: string | null = null
  private beat = 0
  private underWay: Promise<void> | undefined
  private timer: Timer | undefined
  private renewal: Timer | undefined
  private closed = false

  constructor(options: ReplicaNotesOptions) {
    this.options = options
    const { client, namespace, name, identity, clock } = options
    this.own = `${name}-${createHash('sha256').update(identity).digest('hex').slice(0, 10)}`
    const select = `labelSelector=${encodeURIComponent(`${LABEL}=${name}`)}`
    this.watch = new ResourceWatch({ client, paths: [`/api/v1/namespaces/${namespace}/configmaps`], select, clock, sink: this.sink() })
  }

  start(): Promise<void> {
    void this.watch.start()
    this.renewLater()
    return Promise.resolve()
  }

  async close(): Promise<void> {
    this.closed = true
    this.renewal?.cancel()
    this.timer?.cancel()
    this.watch.close()
    await this.underWay
    if (this.written !== null) await this.erase(this.own)
  }

  /** What the others are to know; null: nothing. */
  publish(text: string | null): void {
    this.wanted = text
    this.writeSoon(0)
  }

  /** The notes of other replicas that live. */
  get others(): readonly string[] {
    const oldest = this.options.clock.monotonicMs() - DEAD_MS
    return [...this.notes.values()]
      .filter(({ identity, seenAt }) => identity !== this.options.identity && seenAt > oldest)
      .map(({ text }) => text)
  }

  private sink(): WatchSink {
    return {
      replaced: documents => {
        const names = new Set(documents.map(nameOf))
        for (const name of this.notes.keys()) if (!names.has(name)) this.notes.delete(name)
        for (const document of documents) this.take(document)
        this.options.changed()
      },
      put: document => {
        if (this.take(document)) this.options.changed()
      },
      removed: document => {
        if (this.notes.delete(nameOf(document))) this.options.changed()
      },
      troubled: reason => {
        if (reason !== undefined) this.options.log.warn('the notes of other replicas cannot be read', { reason })
      },
    }
  }

  /** True: it says something new. */
  private take(document: KubeDocument): boolean {
    const { identity, note, beat } = fieldsOf(document['data'])
    const before = this.notes.get(nameOf(document))
    const text = textIn(textOf(note))
    if (text === null) return false
    // A list names notes again that nobody has renewed.
    const seenAt = before?.beat === textOf(beat) ? before.seenAt : this.options.clock.monotonicMs()
    this.notes.set(nameOf(document), { identity: textOf(identity), text, beat: textOf(beat), seenAt })
    return before?.text !== text
  }

  private writeSoon(ms: number): void {
    if (this.closed || this.underWay !== undefined || this.timer !== undefined || this.wanted === this.written) return
    this.timer = this.options.clock.after(ms, () => {
      this.timer = undefined
      this.underWay = this.write().then(pauseMs => {
        this.underWay = undefined
        this.writeSoon(pauseMs)
      })
    })
  }

  /** Gives the time to wait before the next write. */
  private async write(): Promise<number> {
    const text = this.wanted
    try {
      if (text === null) await this.erase(this.own)
      else await this.put(text)
      this.written = text
      return PAUSE_MS
    } catch (error) {
      this.options.log.warn('what other replicas are to know cannot be written', { reason: messageOf(error) })
      return RETRY_MS
    }
  }

  private async put(text: string): Promise<void> {
    const { client, name, identity } = this.options
    const note = gzipSync(text).toString('base64')
    if (note.length > MOST_CHARACTERS) throw new Error(`${note.length} characters are more than fit`)
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: this.own, labels: { [LABEL]: name } },
      data: { identity, note, beat: String(++this.beat) },
    }
    const answer = await client.apply(
      this.path(this.own),
      body,
      { fieldManager: FIELD_MANAGER, force: true },
      AbortSignal.timeout(CALL_LIMIT_MS),
    )
    if (answer.status > 299) throw new Error(`${answer.status}: ${textOf(fieldsOf(answer.body)['message'])}`)
  }

  private async erase(name: string): Promise<void> {
    await this.options.client.delete(this.path(name), AbortSignal.timeout(CALL_LIMIT_MS)).catch(() => undefined)
  }

  private renewLater(): void {
    this.renewal = this.options.clock.after(RENEW_MS, () => {
      if (this.closed) return
      this.sweep()
      this.written = null
      this.writeSoon(0)
      this.renewLater()
    })
  }

  /** Notes of replicas that are gone would stay for ever. */
  private sweep(): void {
    const oldest = this.options.clock.monotonicMs() - DEAD_MS
    for (const [name, { seenAt }] of this.notes) if (seenAt <= oldest && name !== this.own) void this.erase(name)
  }

  private path(name: string): string {
    return `/api/v1/namespaces/${this.options.namespace}/configmaps/${name}`
  }
}

function nameOf(document: KubeDocument): string {
  return textOf(fieldsOf(document['metadata'])['name'])
}

/** null: somebody wrote something else there. */
function textIn(note: string): string | null {
  try {
    return gunzipSync(Buffer.from(note, 'base64'), { maxOutputLength: MOST_TEXT_BYTES }).toString()
  } catch {
    return null
  }
}
