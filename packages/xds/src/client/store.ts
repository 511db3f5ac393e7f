import { formatViolation, messageOf, type Violation } from '@meshwork/core/result'
import type { XdsResource } from '../types/resource.ts'
import type { ResourceConsumer, ResourceUpdate } from './resource-type.ts'

/** A resource that passed its checks, with the bytes it came in. */
export interface StoredResource {
  readonly name: string
  readonly version: string
  readonly bytes: Uint8Array
  /** Milliseconds since the Unix epoch. */
  readonly updatedAt: number
}

/** A resource that was refused; an older version of it may still be in use. */
export interface RejectedResource {
  readonly name: string
  readonly version: string
  readonly violations: readonly Violation[]
  readonly rejectedAt: number
}

export interface Push {
  readonly resources: readonly XdsResource[]
  /** Names the server took away by name (delta). */
  readonly removed: readonly string[]
  /** The push is the whole state of its type: what it leaves out is gone. */
  readonly complete: boolean
}

/** The last good version of each resource of one type. `T` stays inside, so that the client can treat all types alike. */
export interface TypeStore {
  readonly typeUrl: string
  readonly absenceDeletes: boolean
  readonly stored: ReadonlyMap<string, StoredResource>
  readonly rejected: ReadonlyMap<string, RejectedResource>
  /** Applies what is good and wanted, keeps the last good version of what is not good. Returns the text of a NACK, or null. */
  accept(push: Push, wants: (name: string) => boolean, now: number): string | null
  /** Sets aside what is no longer wanted; the consumer is not told, because it is who no longer wants it. */
  retain(wants: (name: string) => boolean): void
  /**
   * Hands over what was set aside and is wanted again. In state of the world a server may never hear that it was unwanted
   * for a while, because a request that crosses a response is void, and would then not send it again.
   */
  restore(wants: (name: string) => boolean, now: number): void
  /** A new stream: its server believes nothing about what is not asked for. */
  forgetUnwanted(): void
}

/** A bound on memory. What falls out and is wanted again comes with the server's next answer for its name. */
const MAX_UNWANTED = 1024
/** Longest text of a NACK; the rest of the violations is counted. */
const MAX_ERROR_LENGTH = 8192

export class ConsumerStore<T> implements TypeStore {
  readonly stored: Map<string, StoredResource> = new Map()
  readonly rejected: Map<string, RejectedResource> = new Map()
  /** What the server may believe we hold, though nobody wants it; oldest first. */
  private readonly unwanted: Map<string, XdsResource> = new Map()
  private readonly consumer: ResourceConsumer<T>

  constructor(consumer: ResourceConsumer<T>) {
    this.consumer = consumer
  }

  get typeUrl(): string {
    return this.consumer.type.typeUrl
  }

  get absenceDeletes(): boolean {
    return this.consumer.type.absenceDeletes
  }

  accept(push: Push, wants: (name: string) => boolean, now: number): string | null {
    const changed = new Map<string, T>()
    const failures: RejectedResource[] = []
    const accepted: StoredResource[] = []
    for (const name of push.removed) this.unwanted.delete(name)
    for (const resource of push.resources) {
      if (resource.name !== '' && !wants(resource.name)) {
        this.setAside(resource)
        continue
      }
      if (sameBytes(this.stored.get(resource.name)?.bytes, resource.bytes)) {
        // Back to the version in use: what was refused in between no longer counts.
        this.rejected.delete(resource.name)
        accepted.push(storedForm(resource, this.stored.get(resource.name)?.updatedAt ?? now))
        continue
      }
      const decoded = this.decode(resource)
      if (decoded.kind === 'ok') {
        changed.set(resource.name, decoded.value)
        accepted.push(storedForm(resource, now))
      } else failures.push({ name: resource.name, version: resource.version, violations: decoded.error, rejectedAt: now })
    }
    const removed = this.removedBy(push)
    const thrown = this.hand({ changed, removed, refused: new Set(failures.map(({ name }) => name)) })
    if (thrown !== null) return thrown
    this.book(accepted, removed, failures)
    return failures.length === 0 ? null : describe(failures)
  }

  retain(wants: (name: string) => boolean): void {
    for (const [name, { version, bytes }] of [...this.stored]) {
      if (wants(name)) continue
      this.stored.delete(name)
      this.setAside({ name, typeUrl: this.typeUrl, version, bytes })
    }
    for (const name of [...this.rejected.keys()]) if (!wants(name)) this.rejected.delete(name)
  }

  restore(wants: (name: string) => boolean, now: number): void {
    const again = [...this.unwanted.values()].filter(({ name }) => wants(name))
    for (const { name } of again) this.unwanted.delete(name)
    if (again.length > 0) this.accept({ resources: again, removed: [], complete: false }, wants, now)
  }

  forgetUnwanted(): void {
    this.unwanted.clear()
  }

  private setAside(resource: XdsResource): void {
    this.unwanted.delete(resource.name)
    this.unwanted.set(resource.name, resource)
    const oldest = this.unwanted.keys().next()
    if (this.unwanted.size > MAX_UNWANTED && oldest.done !== true) this.unwanted.delete(oldest.value)
  }

  private decode(resource: XdsResource): ReturnType<ResourceConsumer<T>['type']['decode']> {
    if (resource.typeUrl !== this.typeUrl) return refused(`is a ${resource.typeUrl}, not a ${this.typeUrl}`)
    if (resource.name === '') return refused('has no name')
    try {
      return this.consumer.type.decode(resource.bytes)
    } catch (error) {
      return refused(`cannot be decoded: ${messageOf(error)}`)
    }
  }

  private removedBy(push: Push): Set<string> {
    const removed = new Set(push.removed)
    // A resource whose name cannot be read may be any of ours, so such a push deletes nothing.
    if (!push.complete || push.resources.some(resource => resource.name === '')) return removed
    const present = new Set(push.resources.map(resource => resource.name))
    for (const name of this.stored.keys()) if (!present.has(name)) removed.add(name)
    for (const name of this.rejected.keys()) if (!present.has(name)) removed.add(name)
    return removed
  }

  private hand(update: ResourceUpdate<T>): string | null {
    if (update.changed.size + update.removed.size + update.refused.size === 0) return null
    try {
      this.consumer.apply(update)
      return null
    } catch (error) {
      return `cannot be applied: ${messageOf(error)}`
    }
  }

  private book(accepted: readonly StoredResource[], removed: ReadonlySet<string>, failures: readonly RejectedResource[]): void {
    for (const name of removed) {
      this.stored.delete(name)
      this.rejected.delete(name)
    }
    for (const resource of accepted) {
      this.stored.set(resource.name, resource)
      this.rejected.delete(resource.name)
    }
    for (const failure of failures) this.rejected.set(failure.name, failure)
  }
}

function storedForm(resource: XdsResource, updatedAt: number): StoredResource {
  return { name: resource.name, version: resource.version, bytes: resource.bytes, updatedAt }
}

function refused(message: string): { readonly kind: 'err'; readonly error: readonly Violation[] } {
  return { kind: 'err', error: [{ path: '', code: 'malformed-resource', message }] }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

/** One line per violation: `name: path: message`. */
function describe(failures: readonly RejectedResource[]): string {
  const lines = failures.flatMap(failure => failure.violations.map(violation => `${failure.name}: ${formatViolation(violation)}`))
  const text = lines.join('\n')
  return text.length <= MAX_ERROR_LENGTH ? text : `${text.slice(0, MAX_ERROR_LENGTH)}… (${lines.length} violations in all)`
}
