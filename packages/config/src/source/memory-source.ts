import {
  objectKeyText,
  objectParser,
  readRawObject,
  type ConfigObject,
  type LocatedViolation,
  type ObjectKey,
  type Rejection,
} from '../kinds/index.ts'
import type { Violation } from '@meshwork/core/result'
import { Publisher } from './publisher.ts'
import type { ConfigBatch, ConfigSource } from './source.ts'

const ORIGIN = { file: 'memory', line: 1 } as const

/**
 * Configuration that a program holds: tests, and meshes inside of one process. Every call of `apply` or `delete` is one batch.
 * State: the objects last accepted and the rejections in force, both by key.
 */
export class MemorySource implements ConfigSource {
  private readonly parser = objectParser()
  private readonly publisher = new Publisher()
  private readonly objects = new Map<string, ConfigObject>()
  private readonly rejections = new Map<string, Rejection>()
  /** Counts every document ever applied, so that the order of creation is the order of calls. */
  private sequence = 0

  constructor(documents: readonly unknown[] = []) {
    for (const document of documents) this.take(document)
  }

  start(sink: (batch: ConfigBatch) => void): Promise<void> {
    this.publisher.open(sink, this.state())
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.publisher.close()
    return Promise.resolve()
  }

  /** Adds objects, or replaces those of the same kind, namespace and name. */
  apply(documents: readonly unknown[]): void {
    for (const document of documents) this.take(document)
    this.publisher.publish(this.state())
  }

  delete(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      this.objects.delete(objectKeyText(key))
      this.rejections.delete(objectKeyText(key))
    }
    this.publisher.publish(this.state())
  }

  private state(): { objects: ReadonlyMap<string, ConfigObject>; rejections: readonly Rejection[] } {
    return { objects: new Map(this.objects), rejections: [...this.rejections.values()] }
  }

  private take(document: unknown): void {
    const raw = readRawObject(document, ORIGIN, this.sequence++)
    if (raw.kind === 'err') {
      this.rejections.set(`document ${this.sequence}`, rejection(undefined, raw.error))
      return
    }
    const key = { kind: raw.value.kind, namespace: raw.value.meta.namespace, name: raw.value.meta.name }
    const text = objectKeyText(key)
    const outcome = this.parser.parse(raw.value)
    if (outcome.kind === 'foreign') return
    if (outcome.kind === 'violations') {
      this.rejections.set(text, rejection(key, outcome.violations))
      return
    }
    this.rejections.delete(text)
    this.objects.set(text, keepCreation(this.objects.get(text), outcome.object, document))
  }
}

function rejection(key: ObjectKey | undefined, violations: readonly Violation[]): Rejection {
  return { key, origin: ORIGIN, violations: violations.map((reason): LocatedViolation => ({ ...reason, line: ORIGIN.line })) }
}

/** An update leaves the time of creation alone, as at an API server. */
function keepCreation(earlier: ConfigObject | undefined, object: ConfigObject, document: unknown): ConfigObject {
  if (earlier === undefined || isDated(document)) return object
  return Object.freeze({ ...object, meta: Object.freeze({ ...object.meta, createdAt: earlier.meta.createdAt }) })
}

function isDated(document: unknown): boolean {
  if (typeof document !== 'object' || document === null || !('metadata' in document)) return false
  const { metadata } = document
  return typeof metadata === 'object' && metadata !== null && 'creationTimestamp' in metadata && metadata.creationTimestamp !== null
}
