import type { ScopeFragment } from '../model/scoped-routes.ts'
import type { RequestView } from './request-view.ts'
import type { RouteTable } from './route-table.ts'
import { scopeKey, scopeKeyOf } from './scope-key.ts'

/** Where the requests of a connection manager find their route table. */
export interface RouteTables {
  /** null: there is none; the request is answered 404 (NR). */
  tableFor(request: RequestView): RouteTable | null
}

/** One table for all requests, replaced while connections point to it. */
export class RouteSlot implements RouteTables {
  table: RouteTable | null

  constructor(table: RouteTable | null) {
    this.table = table
  }

  tableFor(): RouteTable | null {
    return this.table
  }
}

interface Scope {
  readonly name: string
  readonly slot: RouteSlot
}

/**
 * Tables by the keys of scopes; shared by the connection managers that take their scopes from the same place. A scope that takes
 * over a key may come before the one that had it goes: the last one has it.
 */
export class ScopeBook {
  private readonly byKey = new Map<string, readonly Scope[]>()
  private readonly keyByName = new Map<string, string>()

  set(name: string, fragments: readonly string[], slot: RouteSlot): void {
    this.remove(name)
    const key = scopeKey(fragments)
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), { name, slot }])
    this.keyByName.set(name, key)
  }

  remove(name: string): void {
    const key = this.keyByName.get(name)
    if (key === undefined) return
    const others = (this.byKey.get(key) ?? []).filter(scope => scope.name !== name)
    if (others.length === 0) this.byKey.delete(key)
    else this.byKey.set(key, others)
    this.keyByName.delete(name)
  }

  find(key: string): RouteTable | null {
    return this.byKey.get(key)?.at(-1)?.slot.table ?? null
  }
}

/** `HttpConnectionManager.scoped_routes` */
export class ScopedRouteTables implements RouteTables {
  private readonly builder: readonly ScopeFragment[]
  private readonly book: ScopeBook

  constructor(builder: readonly ScopeFragment[], book: ScopeBook) {
    this.builder = builder
    this.book = book
  }

  tableFor(request: RequestView): RouteTable | null {
    const key = scopeKeyOf(this.builder, request)
    return key === null ? null : this.book.find(key)
  }
}
