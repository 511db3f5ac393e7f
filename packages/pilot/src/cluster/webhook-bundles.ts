import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import { Backoff, type Clock, type Timer } from '@meshwork/core/time'
import { fieldsOf, itemsOf, type KubeClient, type KubeDocument, textOf } from '@meshwork/kube/client'
import { ResourceWatch, type WatchSink } from '@meshwork/kube/source'

export interface WebhookBundlesOptions {
  readonly client: KubeClient
  /** The Service in front of this control plane: webhooks that name it are ours. */
  readonly service: { readonly name: string; readonly namespace: string }
  /** With what API servers verify us, PEM; null while it is not known. */
  readonly rootsPem: () => string | null
  readonly clock: Clock
  readonly log: Logger
}

const GROUP = '/apis/admissionregistration.k8s.io/v1'
const RESOURCES = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const
const RETRY = { initialMs: 200, maxMs: 10_000 }
const [OK, NOT_FOUND, CONFLICT, UNPROCESSABLE] = [200, 404, 409, 422]

type Resource = (typeof RESOURCES)[number]

/**
 * Keeps the caBundle right in all webhooks that lead to us, and nothing else in them: whoever installs a configuration need not know
 * the roots, and an edit is undone. Several control planes behind one Service agree, for they have one authority. State: the
 * configurations as the API server tells them.
 */
export class WebhookBundles implements Runner {
  readonly name = 'webhook bundles'
  private readonly options: WebhookBundlesOptions
  private readonly watches: readonly ResourceWatch[]
  private readonly known = new Map<string, { readonly resource: Resource; readonly document: KubeDocument }>()
  private readonly abort = new AbortController()
  private readonly backoff = new Backoff(RETRY)
  private retry: Timer | null = null
  private isBusy = false
  private isDue = false

  constructor(options: WebhookBundlesOptions) {
    this.options = options
    const { client, clock } = options
    this.watches = RESOURCES.map(
      resource => new ResourceWatch({ client, paths: [`${GROUP}/${resource}`], sink: this.sink(resource), clock }),
    )
  }

  /** Does not wait: proxies need us whether or not API servers find us. */
  start(): Promise<void> {
    for (const watch of this.watches) void watch.start()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.abort.abort()
    this.retry?.cancel()
    for (const watch of this.watches) watch.close()
    return Promise.resolve()
  }

  /** The roots have changed. */
  rootsChanged(): void {
    void this.mend()
  }

  private sink(resource: Resource): WatchSink {
    const keyOf = (document: KubeDocument): string => `${resource}/${textOf(fieldsOf(document['metadata'])['name'])}`
    const put = (document: KubeDocument): void => void this.known.set(keyOf(document), { resource, document })
    return {
      replaced: documents => {
        for (const [key, { resource: other }] of this.known) if (other === resource) this.known.delete(key)
        documents.forEach(put)
        void this.mend()
      },
      put: document => {
        put(document)
        void this.mend()
      },
      removed: document => void this.known.delete(keyOf(document)),
      troubled: reason => {
        if (reason !== undefined) this.options.log.warn('cannot follow webhook configurations', { resource, reason })
      },
    }
  }

  /** One after the other; there are a few of them. */
  private async mend(): Promise<void> {
    this.isDue = true
    if (this.isBusy) return
    this.isBusy = true
    this.retry?.cancel()
    try {
      while (this.isDue && !this.abort.signal.aborted) {
        this.isDue = false
        for (const [key, { document }] of this.known) await this.mendOne(key, document)
      }
      this.backoff.reset()
    } catch (error) {
      this.again(messageOf(error))
    } finally {
      this.isBusy = false
    }
  }

  private again(reason: string): void {
    if (this.abort.signal.aborted) return
    this.options.log.warn('caBundle not written', { reason })
    this.retry = this.options.clock.after(this.backoff.nextMs(), () => void this.mend())
  }

  /** A patch that tests what it is based on: it changes nothing if somebody has changed the list meanwhile, of which the watch tells. */
  private async mendOne(key: string, document: KubeDocument): Promise<void> {
    const { client, rootsPem, log } = this.options
    const roots = rootsPem()
    if (roots === null) return
    const patch = bundlePatch(document, this.options.service, Buffer.from(roots).toString('base64'))
    if (patch.length === 0) return
    const contentType = 'application/json-patch+json'
    const { status, body } = await client.call({ method: 'PATCH', path: `${GROUP}/${key}`, body: patch, contentType }, this.abort.signal)
    if (status === OK) log.info('caBundle written', { configuration: key })
    else if (status !== NOT_FOUND && status !== CONFLICT && status !== UNPROCESSABLE)
      throw new Error(`${key}: the API server answers ${status} ${textOf(fieldsOf(body)['message'])}`)
  }
}

/** The JSON Patch (RFC 6902) that puts `bundle` (base64) into the webhooks of a configuration that lead to `service`. */
export function bundlePatch(
  configuration: KubeDocument,
  service: WebhookBundlesOptions['service'],
  bundle: string,
): readonly Readonly<Record<string, unknown>>[] {
  return itemsOf(configuration['webhooks']).flatMap((item, index) => {
    const webhook = fieldsOf(item)
    const target = fieldsOf(webhook['clientConfig'])
    const { name, namespace } = fieldsOf(target['service'])
    if (name !== service.name || namespace !== service.namespace || target['caBundle'] === bundle) return []
    const path = `/webhooks/${index}`
    return [
      { op: 'test', path: `${path}/name`, value: webhook['name'] },
      { op: 'add', path: `${path}/clientConfig/caBundle`, value: bundle },
    ]
  })
}
