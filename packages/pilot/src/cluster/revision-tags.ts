import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, type KubeClient, type KubeDocument, textOf } from '@meshwork/kube/client'
import { ResourceWatch } from '@meshwork/kube/source'
import { REVISION_KEY } from '../inject/decide-injection.ts'
import type { RevisionNames } from './revision-source.ts'

export interface RevisionTagsOptions {
  readonly client: KubeClient
  /** Of this control plane. */
  readonly revision: string
  readonly clock: Clock
  readonly log: Logger
}

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
const TAG = 'istio.io/tag'

/** The name of this revision and the tags that lead to it now, as their webhooks say. State: those tags. */
export class RevisionTags implements RevisionNames, Runner {
  readonly name = 'tags of the revision'
  private readonly revision: string
  private readonly watch: ResourceWatch
  /** Where tags lead, by the name of the webhook configuration. */
  private readonly tags = new Map<string, { readonly tag: string; readonly revision: string }>()
  private readonly listeners: (() => void)[] = []
  private started: Promise<void> | undefined

  constructor({ client, revision, clock, log }: RevisionTagsOptions) {
    this.revision = revision
    const sink = {
      replaced: (documents: readonly KubeDocument[]): void => {
        this.tags.clear()
        for (const document of documents) this.put(document)
        this.tell()
      },
      put: (document: KubeDocument): void => {
        this.put(document)
        this.tell()
      },
      removed: (document: KubeDocument): void => {
        this.tags.delete(nameOf(document))
        this.tell()
      },
      troubled: (reason: string | undefined): void => {
        if (reason !== undefined) log.warn('cannot read tags of revisions; those that were read stay', { reason })
      },
    }
    this.watch = new ResourceWatch({ client, paths: [PATH], select: `labelSelector=${encodeURIComponent(TAG)}`, sink, clock })
  }

  has(name: string): boolean {
    return name === this.revision || [...this.tags.values()].some(({ tag, revision }) => tag === name && revision === this.revision)
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  /** Resolves when the tags are known, or cannot be read. Can be called again. */
  start(): Promise<void> {
    this.started ??= this.watch.start()
    return this.started
  }

  close(): Promise<void> {
    this.watch.close()
    return Promise.resolve()
  }

  private put(document: KubeDocument): void {
    const labels = fieldsOf(fieldsOf(document['metadata'])['labels'])
    this.tags.set(nameOf(document), { tag: textOf(labels[TAG]), revision: textOf(labels[REVISION_KEY]) })
  }

  private tell(): void {
    for (const listener of this.listeners) listener()
  }
}

function nameOf(document: KubeDocument): string {
  return textOf(fieldsOf(document['metadata'])['name'])
}
