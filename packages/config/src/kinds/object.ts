import type { Violation } from '@meshwork/core/result'

/** Where an object was written, so that every message and every derived resource can cite it. */
export interface Origin {
  /** Path as the user gave it, or `kubernetes`. */
  readonly file: string
  /** 1-based line of the document's first key. */
  readonly line: number
}

export interface ObjectMeta {
  readonly name: string
  /** Always set: `default` where the document says nothing. */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. Objects without one count as created in file order, a second apart. */
  readonly createdAt: number
  readonly resourceVersion: string
  /** Counts versions of the spec; only API servers give one. */
  readonly generation?: number
}

/** A document as it came from a file or an API server: known to be an object with kind and name, nothing more. */
export interface RawObject {
  readonly apiVersion: string
  readonly kind: string
  readonly meta: ObjectMeta
  /** The whole document. */
  readonly document: Readonly<Record<string, unknown>>
  readonly origin: Origin
}

/** Identity of an object across versions of its API group: `VirtualService/default/reviews`. */
export interface ObjectKey {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export function objectKeyText(key: ObjectKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`
}

/** A parsed object: schema-valid, defaulted, checked, frozen. Made only by `parseObject`. */
export interface ConfigObject<Spec = unknown> {
  readonly kind: string
  readonly apiVersion: string
  readonly meta: ObjectMeta
  readonly spec: Spec
  readonly origin: Origin
  /** What does not refuse the object but should be known: outdated fields, fields without effect. Absent if there is nothing. */
  readonly warnings?: readonly Violation[]
}

/** A violation with the line it stands on. */
export interface LocatedViolation extends Violation {
  readonly line: number
}

/** An object that was refused. The last valid version of it, if any, stays in force. */
export interface Rejection {
  readonly key: ObjectKey | undefined
  readonly origin: Origin
  /** Of the version that was refused, if an API server gave one. */
  readonly generation?: number
  readonly violations: readonly LocatedViolation[]
}
