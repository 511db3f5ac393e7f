import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import { Backoff, type Clock, type Timer } from '@meshwork/core/time'
import { fieldsOf, type KubeAnswer, type KubeClient, type KubeDocument, textOf } from '@meshwork/kube/client'
import { ResourceWatch, type WatchSink } from '@meshwork/kube/source'

import type { RootsReader } from '../citadel.ts'
import { OWNED_BY_CITADEL } from './owned-by-citadel.ts'

export interface RootPublisherOptions {
  readonly client: KubeClient
  /** What workloads trust now, PEM. */
  readonly rootsPem: () => string
  readonly clock: Clock
  readonly log: Logger
}

/** Istio's name and key; pods mount them. */
const CONFIG_MAP = 'istio-ca-root-cert'
const ENTRY = 'root-cert.pem'
/** A cluster with a thousand namespaces is served in seconds, and nobody else is kept from its API server. */
const MOST_AT_ONCE = 8
/** Replicas notice another authority at different times; meanwhile they undo each other no faster than this, in milliseconds. */
const MENDED_EVERY_MS = 1000
const RETRY = { initialMs: 200, maxMs: 30_000 }
const [OK, CREATED, FORBIDDEN, NOT_FOUND, CONFLICT] = [200, 201, 403, 404, 409]

/**
 * Keeps the roots in a ConfigMap of every namespace: made where it is missing, mended where it was edited. One that somebody else
 * made stays as it is, for another mesh may live by it. State: which namespaces there are, and their ConfigMaps.
 */
export class RootPublisher implements RootsReader {
  readonly name = 'root publisher'
  private readonly options: RootPublisherOptions
  private readonly watches: readonly ResourceWatch[]
  private readonly abort = new AbortController()
  private readonly namespaces = new Set<string>()
  private readonly maps = new Map<string, KubeDocument>()
  /** Namespaces to look at; one that is being served is looked at again afterwards. */
  private readonly due = new Set<string>()
  private readonly busy = new Set<string>()
  private readonly retries = new Map<string, { readonly backoff: Backoff; timer: Timer | null }>()
  /** Of ConfigMaps that were ours once: one whose labels were edited away still is. */
  private readonly ownUids = new Set<string>()
  private readonly foreign = new Set<string>()
  /** When each namespace was last written to. */
  private readonly writtenAt = new Map<string, number>()
  private readonly waiting = new Map<string, Timer>()

  constructor(options: RootPublisherOptions) {
    this.options = options
    const { client, clock } = options
    const watch = (path: string, sink: WatchSink, select?: string): ResourceWatch =>
      new ResourceWatch({ client, paths: [path], sink, clock, ...(select !== undefined && { select }) })
    this.watches = [
      watch('/api/v1/configmaps', this.mapSink(), `fieldSelector=${encodeURIComponent(`metadata.name=${CONFIG_MAP}`)}`),
      watch('/api/v1/namespaces', this.namespaceSink()),
    ]
  }

  /** ConfigMaps first: a namespace whose map is not known yet would be written to for nothing. */
  async start(): Promise<void> {
    for (const watch of this.watches) await watch.start()
  }

  rootsChanged(): void {
    for (const namespace of this.namespaces) this.look(namespace)
  }

  close(): Promise<void> {
    this.abort.abort()
    for (const watch of this.watches) watch.close()
    for (const { timer } of this.retries.values()) timer?.cancel()
    for (const timer of this.waiting.values()) timer.cancel()
    return Promise.resolve()
  }

  private mapSink(): WatchSink {
    return {
      replaced: documents => {
        this.maps.clear()
        for (const document of documents) this.maps.set(namespaceOf(document), document)
        for (const namespace of this.namespaces) this.look(namespace)
      },
      put: document => {
        this.maps.set(namespaceOf(document), document)
        this.look(namespaceOf(document))
      },
      removed: document => {
        this.maps.delete(namespaceOf(document))
        this.look(namespaceOf(document))
      },
      troubled: reason => this.troubled('ConfigMaps', reason),
    }
  }

  private namespaceSink(): WatchSink {
    const put = (document: KubeDocument): void => {
      const name = textOf(fieldsOf(document['metadata'])['name'])
      // Nothing can be made in a namespace that is being removed.
      if (fieldsOf(document['status'])['phase'] === 'Terminating') this.namespaces.delete(name)
      else this.namespaces.add(name)
      this.look(name)
    }
    return {
      replaced: documents => {
        this.namespaces.clear()
        for (const document of documents) put(document)
      },
      put,
      removed: document => {
        const name = textOf(fieldsOf(document['metadata'])['name'])
        this.namespaces.delete(name)
        this.writtenAt.delete(name)
      },
      troubled: reason => this.troubled('Namespaces', reason),
    }
  }

  private troubled(what: string, reason: string | undefined): void {
    if (reason !== undefined) this.options.log.warn('cannot follow the cluster', { what, reason })
  }

  private look(namespace: string): void {
    this.due.add(namespace)
    this.pump()
  }

  private pump(): void {
    for (const namespace of this.due) {
      if (this.busy.size >= MOST_AT_ONCE || this.abort.signal.aborted) return
      if (this.busy.has(namespace)) continue
      this.due.delete(namespace)
      if (this.namespaces.has(namespace)) void this.serve(namespace)
    }
  }

  /** Waits a while where something was written a moment ago. */
  private isTooEarly(namespace: string): boolean {
    const { clock } = this.options
    const sinceMs = clock.monotonicMs() - (this.writtenAt.get(namespace) ?? -Infinity)
    if (sinceMs >= MENDED_EVERY_MS) return false
    if (this.waiting.has(namespace)) return true
    const timer = clock.after(MENDED_EVERY_MS - sinceMs, () => {
      this.waiting.delete(namespace)
      this.look(namespace)
    })
    this.waiting.set(namespace, timer)
    return true
  }

  private async serve(namespace: string): Promise<void> {
    this.busy.add(namespace)
    try {
      await this.mend(namespace)
      this.retries.delete(namespace)
    } catch (error) {
      if (!this.abort.signal.aborted) this.again(namespace, messageOf(error))
    } finally {
      this.busy.delete(namespace)
      this.pump()
    }
  }

  private again(namespace: string, reason: string): void {
    const retry = this.retries.get(namespace) ?? { backoff: new Backoff(RETRY), timer: null }
    this.retries.set(namespace, retry)
    this.options.log.warn('root not published', { namespace, reason })
    retry.timer?.cancel()
    retry.timer = this.options.clock.after(retry.backoff.nextMs(), () => this.look(namespace))
  }

  private async mend(namespace: string): Promise<void> {
    const { client, rootsPem } = this.options
    const found = this.maps.get(namespace)
    if (found !== undefined && (this.isForeign(found) ? this.leave(namespace) : isRight(found, rootsPem()))) return
    if (this.isTooEarly(namespace)) return
    this.writtenAt.set(namespace, this.options.clock.monotonicMs())
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP, namespace, labels: OWNED_BY_CITADEL } }
    const body = { ...map, data: { [ENTRY]: rootsPem() } }
    const { signal } = this.abort
    const answer =
      found === undefined ? await client.create(path, body, signal) : await client.replace(`${path}/${CONFIG_MAP}`, body, signal)
    if (isSettled(answer)) return
    throw new Error(`the API server answers ${answer.status} ${textOf(fieldsOf(answer.body)['message'])}`)
  }

  private isForeign(document: KubeDocument): boolean {
    const uid = textOf(fieldsOf(document['metadata'])['uid'])
    if (isLabelled(document)) this.ownUids.add(uid)
    return !this.ownUids.has(uid)
  }

  private leave(namespace: string): true {
    if (!this.foreign.has(namespace)) {
      this.foreign.add(namespace)
      this.options.log.warn('a ConfigMap of somebody else stays as it is', { namespace, name: CONFIG_MAP })
    }
    return true
  }
}

/** What citadel published before, for its own namespace; '' for nothing, or for what somebody else made. */
export async function publishedRoots(client: KubeClient, namespace: string): Promise<string> {
  const { status, body } = await client.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${CONFIG_MAP}`)
  const document = fieldsOf(body)
  return status === OK && isLabelled(document) ? textOf(fieldsOf(document['data'])[ENTRY]) : ''
}

/** Done; or somebody was faster, which the watch tells; or the namespace is gone or going. */
function isSettled({ status, body }: KubeAnswer): boolean {
  const isGoing = status === FORBIDDEN && /being terminated/.test(textOf(fieldsOf(body)['message']))
  return isGoing || [OK, CREATED, NOT_FOUND, CONFLICT].includes(status)
}

function isLabelled(document: KubeDocument): boolean {
  const labels = fieldsOf(fieldsOf(document['metadata'])['labels'])
  return Object.entries(OWNED_BY_CITADEL).every(([key, value]) => labels[key] === value)
}

function isRight(document: KubeDocument, rootsPem: string): boolean {
  const entries = Object.entries(fieldsOf(document['data']))
  return isLabelled(document) && entries.length === 1 && entries[0]?.[0] === ENTRY && entries[0][1] === rootsPem
}

function namespaceOf(document: KubeDocument): string {
  return textOf(fieldsOf(document['metadata'])['namespace'])
}
