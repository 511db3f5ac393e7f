import { type ConfigObject, type ObjectKey, objectKeyText } from '@meshwork/config/kinds'
import { REVISION_KEY } from '../inject/decide-injection.ts'
import { type ConfigBatch, type ConfigSource, keyOf, keyTextOf } from '@meshwork/config/source'

/** Which values of the label `istio.io/rev` mean this control plane. */
export interface RevisionNames {
  /** Resolves when they are known, or cannot be. */
  start(): Promise<void>
  has(name: string): boolean
  /** Called whenever the answer may have changed. */
  onChange(listener: () => void): void
}

export interface RevisionSourceOptions {
  readonly source: ConfigSource
  readonly names: RevisionNames
  /** Kinds whose objects are configuration; pods and namespaces have the same label, and it says something else. */
  readonly kinds: ReadonlySet<string>
}

/**
 * A source without the configuration of other revisions, as Istio reads it: an object with the label `istio.io/rev` is for that
 * revision or for the one that a tag of that name leads to, one without it for all. State: the labelled objects, and the keys of
 * what was delivered; of kinds that are configuration only.
 */
export class RevisionSource implements ConfigSource {
  private readonly options: RevisionSourceOptions
  private readonly labelled = new Map<string, ConfigObject>()
  private readonly delivered = new Set<string>()
  private rejections: ConfigBatch['rejections'] = []
  private sink: ((batch: ConfigBatch) => void) | undefined

  constructor(options: RevisionSourceOptions) {
    this.options = options
    options.names.onChange(() => this.namesChanged())
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    // Otherwise all objects of a tag would be gone for a moment.
    await this.options.names.start()
    await this.options.source.start(batch => {
      this.sink = sink
      this.take(batch)
    })
  }

  close(): Promise<void> {
    this.sink = undefined
    return this.options.source.close()
  }

  private take({ upserts, deletes, rejections }: ConfigBatch): void {
    this.rejections = rejections
    const gone = deletes.filter(key => this.isOurDelete(key))
    const kept = new Set(upserts.filter(object => this.keeps(object)))
    const hidden = upserts.filter(object => !kept.has(object) && this.delivered.delete(keyTextOf(object)))
    this.publish([...kept], [...gone, ...hidden.map(keyOf)])
  }

  private isOurDelete(key: ObjectKey): boolean {
    if (!this.options.kinds.has(key.kind)) return true
    const text = objectKeyText(key)
    this.labelled.delete(text)
    return this.delivered.delete(text)
  }

  private keeps(object: ConfigObject): boolean {
    if (!this.options.kinds.has(object.kind)) return true
    const key = keyTextOf(object)
    if (nameOf(object) === '') this.labelled.delete(key)
    else this.labelled.set(key, object)
    return this.isForUs(object)
  }

  private isForUs(object: ConfigObject): boolean {
    const name = nameOf(object)
    return name === '' || this.options.names.has(name)
  }

  private namesChanged(): void {
    const objects = [...this.labelled.values()]
    const shown = objects.filter(object => this.isForUs(object) && !this.delivered.has(keyTextOf(object)))
    const hidden = objects.filter(object => !this.isForUs(object) && this.delivered.delete(keyTextOf(object)))
    if (shown.length + hidden.length > 0) this.publish(shown, hidden.map(keyOf))
  }

  private publish(upserts: readonly ConfigObject[], deletes: readonly ObjectKey[]): void {
    for (const object of upserts) if (this.options.kinds.has(object.kind)) this.delivered.add(keyTextOf(object))
    this.sink?.({ upserts, deletes, rejections: this.rejections.filter(({ key }) => key === undefined || !this.isKeptBack(key)) })
  }

  /** What is wrong with it is nothing of ours. */
  private isKeptBack(key: ObjectKey): boolean {
    const object = this.labelled.get(objectKeyText(key))
    return object !== undefined && !this.isForUs(object)
  }
}

/** '': for all revisions. */
function nameOf({ meta }: ConfigObject): string {
  return meta.labels[REVISION_KEY] ?? ''
}
