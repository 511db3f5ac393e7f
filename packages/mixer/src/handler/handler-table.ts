import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '@meshwork/core/time'
import type { HandlerSpec } from '../snapshot/index.ts'
import { AdapterConnection } from './adapter-connection.ts'

/** How long a handler that configuration no longer has may finish its calls (mixer.md 9.2). */
const DRAIN_MS = 10_000

/** What a change of the table did, for metrics. */
export interface TableChange {
  readonly created: number
  readonly reused: number
  readonly closed: number
}

/** Equal signatures mean that the handler may keep its connection and whatever its adapter remembers. */
export function handlerSignature(spec: HandlerSpec): string {
  const parts = JSON.stringify([spec.name, spec.adapter.name, spec.address, spec.timeoutMs ?? null])
  return createHash('sha256').update(parts).update(spec.params).digest('hex')
}

/** The open handlers. State: `connections` by signature; `apply` replaces it, everything else reads. */
export class HandlerTable {
  private readonly clock: Clock
  private connections = new Map<string, AdapterConnection>()
  private readonly closing = new Set<Promise<void>>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Keeps what is unchanged, opens what is new, and lets the rest finish. Returns the connections by handler name. */
  apply(specs: Iterable<HandlerSpec>): { readonly byName: ReadonlyMap<string, AdapterConnection>; readonly change: TableChange } {
    const next = new Map<string, AdapterConnection>()
    const byName = new Map<string, AdapterConnection>()
    let created = 0
    for (const spec of specs) {
      const signature = handlerSignature(spec)
      const kept = this.connections.get(signature)
      if (kept === undefined) created++
      const connection = kept ?? new AdapterConnection(spec, this.clock, randomBytes(8).readBigUInt64BE())
      next.set(signature, connection)
      byName.set(spec.name, connection)
    }
    const gone = [...this.connections].filter(([signature]) => !next.has(signature))
    for (const [, connection] of gone) this.retire(connection, DRAIN_MS)
    this.connections = next
    return { byName, change: { created, reused: next.size - created, closed: gone.length } }
  }

  async close(): Promise<void> {
    for (const connection of this.connections.values()) this.retire(connection, 0)
    this.connections = new Map()
    await Promise.all(this.closing)
  }

  private retire(connection: AdapterConnection, drainMs: number): void {
    const closed = connection.close(drainMs).finally(() => this.closing.delete(closed))
    this.closing.add(closed)
  }
}
