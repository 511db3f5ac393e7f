import { objectKeyText, type ConfigObject, type LocatedViolation, type Rejection } from '../kinds/object.ts'
import { keyOf, keyTextOf, Publisher, type SourceState } from './publisher.ts'
import type { ConfigBatch, ConfigSource } from './source.ts'

/** What one of the merged sources has delivered so far. */
interface Part {
  readonly source: ConfigSource
  readonly objects: Map<string, ConfigObject>
  rejections: readonly Rejection[]
}

/**
 * Several sources as one. Of two objects with one name that of the earlier source in the list wins, and the other one is rejected,
 * naming the place of the first.
 */
export class MergedSource implements ConfigSource {
  private readonly parts: readonly Part[]
  private readonly publisher = new Publisher()
  private started = false

  constructor(sources: readonly ConfigSource[]) {
    this.parts = sources.map(source => ({ source, objects: new Map(), rejections: [] }))
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    await Promise.all(this.parts.map(part => part.source.start(batch => this.take(part, batch))))
    this.started = true
    this.publisher.open(sink, this.state())
  }

  async close(): Promise<void> {
    this.publisher.close()
    await Promise.all(this.parts.map(({ source }) => source.close()))
  }

  private take(part: Part, batch: ConfigBatch): void {
    for (const key of batch.deletes) part.objects.delete(objectKeyText(key))
    for (const object of batch.upserts) part.objects.set(keyTextOf(object), object)
    part.rejections = batch.rejections
    if (this.started) this.publisher.publish(this.state())
  }

  private state(): SourceState {
    const objects = new Map<string, ConfigObject>()
    const rejections: Rejection[] = []
    for (const part of this.parts) {
      rejections.push(...part.rejections)
      for (const [key, object] of part.objects) {
        const earlier = objects.get(key)
        if (earlier === undefined) objects.set(key, object)
        else rejections.push(rejectDuplicate(object, earlier))
      }
    }
    return { objects, rejections }
  }
}

/** The rejection of an object whose name another one, read earlier, has already. */
export function rejectDuplicate(object: ConfigObject, earlier: ConfigObject): Rejection {
  const key = keyOf(object)
  const violation: LocatedViolation = {
    path: 'metadata.name',
    code: 'duplicate-object',
    message: `${objectKeyText(key)} is already defined at ${earlier.origin.file}:${earlier.origin.line}`,
    hint: 'the first one is used: remove or rename one',
    line: object.origin.line,
  }
  return { key, origin: object.origin, violations: [violation] }
}
