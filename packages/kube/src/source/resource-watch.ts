import { Backoff, type Clock, sleep } from '@meshwork/core/time'
import { messageOf } from '@meshwork/core/result'
import { fieldsOf, itemsOf, type KubeDocument, textOf } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'

/** Where what is read goes. */
export interface WatchSink {
  /** All objects there are. `path` is that of the resource in the version that is read. */
  replaced(documents: readonly KubeDocument[], path: string): void
  put(document: KubeDocument, path: string): void
  removed(document: KubeDocument): void
  /** Reading fails, and is tried again; what was read stays. undefined: it works again. */
  troubled(reason: string | undefined): void
}

export interface ResourceWatchOptions {
  readonly client: KubeClient
  /** `/apis/networking.istio.io/v1/virtualservices`, then the same in other versions: the first that the server has is read. */
  readonly paths: readonly [string, ...string[]]
  /** `fieldSelector=type!=…`: which of the objects. */
  readonly select?: string
  readonly sink: WatchSink
  readonly clock: Clock
}

const PAGE = 500
const WATCH_SECONDS = 290
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 10_000
/** How long after its definition appears a kind may go unread. */
const ABSENT_RETRY_MS = 2_000
const GONE = 410
const NOT_FOUND = 404

/**
 * Follows the objects of one resource: lists them, watches from there on, watches again when a watch ends, and lists again when the
 * server no longer has what came between (410). State: the version up to which everything is known.
 */
export class ResourceWatch {
  private readonly options: ResourceWatchOptions
  private readonly abort = new AbortController()
  private readonly backoff = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS })
  private version: string | undefined
  private path: string
  private settled: () => void = () => undefined
  private readonly first: Promise<void>

  constructor(options: ResourceWatchOptions) {
    this.options = options
    this.path = options.paths[0]
    this.first = new Promise(resolve => (this.settled = resolve))
  }

  /** Resolves once it is known what there is, or that the server will not say. */
  start(): Promise<void> {
    void this.run()
    return this.first
  }

  close(): void {
    this.abort.abort()
    this.settled()
  }

  private async run(): Promise<void> {
    const { signal } = this.abort
    while (!signal.aborted) {
      const pauseMs = await this.round().catch((error: unknown) => this.troubled(messageOf(error)))
      if (pauseMs > 0 && !signal.aborted) await sleep(this.options.clock, pauseMs, signal)
    }
  }

  /** One list and one watch, or only one of them. Gives the time to wait before the next, in milliseconds. */
  private async round(): Promise<number> {
    if (this.version === undefined && !(await this.listFirst())) return ABSENT_RETRY_MS
    this.options.sink.troubled(undefined)
    this.settled()
    const { path } = this
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${this.version}${this.selection}`
    const status = await this.options.client.watch(`${path}?${query}`, this.abort.signal, event => this.take(event))
    // A server that ends watches at once must not be asked without pause; an event of any kind makes the pause short again.
    if (status === 200) return this.version === undefined ? FIRST_RETRY_MS : this.backoff.nextMs()
    if (status !== GONE && status !== NOT_FOUND) throw new Error(`the API server answers a watch of ${path} with ${status}`)
    this.version = undefined
    return FIRST_RETRY_MS
  }

  /** Lists the first version of the resource that the server has. False: it has none yet. */
  private async listFirst(): Promise<boolean> {
    for (const path of this.options.paths) {
      if (!(await this.list(path))) continue
      this.path = path
      return true
    }
    this.options.sink.replaced([], this.path)
    this.options.sink.troubled(undefined)
    this.settled()
    return false
  }

  /** Reads all pages. False: there is no such resource. */
  private async list(path: string): Promise<boolean> {
    const { client, sink } = this.options
    const documents: KubeDocument[] = []
    for (let next = ''; ;) {
      const query = `limit=${PAGE}&continue=${encodeURIComponent(next)}${this.selection}`
      const { status, body } = await client.get(`${path}?${query}`, this.abort.signal)
      if (status === NOT_FOUND) return false
      if (status === 401 || status === 403) this.settled()
      if (status !== 200) throw new Error(`the API server answers a list of ${path} with ${status}${reasonOf(body)}`)
      const page = fieldsOf(body)
      documents.push(...itemsOf(page['items']).map(fieldsOf))
      const meta = fieldsOf(page['metadata'])
      next = textOf(meta['continue'])
      if (next !== '') continue
      this.version = textOf(meta['resourceVersion'])
      sink.replaced(documents, path)
      return true
    }
  }

  private get selection(): string {
    const { select } = this.options
    return select === undefined ? '' : `&${select}`
  }

  private take(event: unknown): void {
    const { type, object } = fieldsOf(event)
    const document = fieldsOf(object)
    if (type === 'ERROR') {
      this.version = document['code'] === GONE ? undefined : this.version
      if (this.version === undefined) return
      throw new Error(`the API server ends the watch: ${textOf(document['message'])}`)
    }
    const version = textOf(fieldsOf(document['metadata'])['resourceVersion'])
    if (version === '') throw new Error('the API server sent an event that cannot be read')
    this.version = version
    this.backoff.reset()
    if (type === 'ADDED' || type === 'MODIFIED') this.options.sink.put(document, this.path)
    if (type === 'DELETED') this.options.sink.removed(document)
  }

  private troubled(reason: string): number {
    if (!this.abort.signal.aborted) this.options.sink.troubled(reason)
    return this.backoff.nextMs()
  }
}

function reasonOf(body: unknown): string {
  const message = textOf(fieldsOf(body)['message'])
  return message === '' ? '' : `: ${message}`
}
