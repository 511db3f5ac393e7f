import type { ConfigObject, ObjectKey, Rejection } from '../kinds/object.ts'

/** What changed since the last batch. The first batch of a source is its full state. */
export interface ConfigBatch {
  readonly upserts: readonly ConfigObject[]
  readonly deletes: readonly ObjectKey[]
  /** All rejections in force after this batch, not only new ones: an empty list means that everything is accepted. */
  readonly rejections: readonly Rejection[]
}

/**
 * Where configuration comes from. Files, the Kubernetes API and memory all pass `contract/`.
 * `start` resolves once the first batch was delivered to `sink`; later batches follow in order, never concurrently.
 */
export interface ConfigSource {
  start(sink: (batch: ConfigBatch) => void): Promise<void>
  close(): Promise<void>
}
