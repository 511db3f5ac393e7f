import { isDeepStrictEqual } from 'node:util'
import { objectKeyText, type ConfigObject, type ObjectKey, type Rejection } from '../kinds/object.ts'
import type { ConfigBatch } from './source.ts'

/** Everything a source has at one moment. */
export interface SourceState {
  /** By `objectKeyText`. */
  readonly objects: ReadonlyMap<string, ConfigObject>
  readonly rejections: readonly Rejection[]
}

type Sink = (batch: ConfigBatch) => void

/** Turns states into batches of what changed. Owned by one source; equal states make no batch. */
export class Publisher {
  private sink: Sink | undefined
  private current: SourceState = { objects: new Map(), rejections: [] }

  /** Delivers the first batch: the full state. */
  open(sink: Sink, state: SourceState): void {
    this.sink = sink
    this.current = state
    sink({ upserts: [...state.objects.values()], deletes: [], rejections: state.rejections })
  }

  publish(state: SourceState): void {
    const { sink, current } = this
    if (sink === undefined) return
    const upserts = [...state.objects].filter(([key, object]) => !isSame(current.objects.get(key), object)).map(([, object]) => object)
    const deletes = [...current.objects].filter(([key]) => !state.objects.has(key)).map(([, object]) => keyOf(object))
    const quiet = upserts.length === 0 && deletes.length === 0 && isDeepStrictEqual(current.rejections, state.rejections)
    this.current = state
    if (!quiet) sink({ upserts, deletes, rejections: state.rejections })
  }

  close(): void {
    this.sink = undefined
  }
}

/** The same object is mostly the same reference: files that did not change are not parsed again. */
function isSame(before: ConfigObject | undefined, after: ConfigObject): boolean {
  return before === after || (before !== undefined && isDeepStrictEqual(before, after))
}

/** The key of an object. */
export function keyOf(object: Pick<ConfigObject, 'kind' | 'meta'>): ObjectKey {
  return { kind: object.kind, namespace: object.meta.namespace, name: object.meta.name }
}

export function keyTextOf(object: ConfigObject): string {
  return objectKeyText(keyOf(object))
}
