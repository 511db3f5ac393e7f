import type { Clock } from '@meshwork/core/time'
import type { ResourceUpdate } from '@meshwork/xds/client'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import { DerivedNames } from './derived.ts'
import { FetchDeadlines } from './fetch-deadlines.ts'
import { clustersOfScope, tablesOfScopes } from './references.ts'
import { WantedSet } from './wanted-set.ts'

export interface ScopeGraphOptions {
  readonly clock: Clock
  /** Called once, when the first listener needs scopes. */
  readonly wanted: () => void
  readonly isReady: (scope: ScopeConfig) => boolean
  readonly install: (scope: ScopeConfig) => void
  readonly remove: (name: string) => void
  /** The time for the first answer is over. */
  readonly step: () => void
}

const FETCH_TIMEOUT_MS = 15_000
const NOBODY: ReadonlySet<string> = new Set()
/** What is awaited: the first answer about scopes. */
const FIRST_ANSWER = 'scopes'
const ONLY_FIRST_ANSWER: ReadonlySet<string> = new Set([FIRST_ANSWER])

/** The part of the configuration graph that is about scopes of routes: they go in when their tables are there. */
export class ScopeGraph {
  private readonly options: ScopeGraphOptions
  private readonly books = new WantedSet<ScopeConfig>()
  private readonly tables = new DerivedNames(this.books, books => tablesOfScopes(books.all()))
  private readonly deadline: FetchDeadlines
  private isWanted = false
  private answered = false
  private ofListeners: ReadonlySet<string> = NOBODY
  private ofScopes: ReadonlySet<string> = NOBODY
  private together: ReadonlySet<string> = NOBODY

  constructor(options: ScopeGraphOptions) {
    this.options = options
    this.deadline = new FetchDeadlines(options.clock, FETCH_TIMEOUT_MS, options.step)
  }

  get isSettled(): boolean {
    return this.books.pending.size === 0
  }

  /** All scopes that were sent are in, or nobody sends any. */
  get areThere(): boolean {
    return (this.answered && this.isSettled) || this.deadline.isOver(FIRST_ANSWER)
  }

  /** Tables that keep a scope waiting. */
  get pendingTables(): ReadonlySet<string> {
    return tablesOfScopes(this.books.pending.values())
  }

  /** `listeners` and the tables of scopes: the same set while both stand still. */
  withTables(listeners: ReadonlySet<string>): ReadonlySet<string> {
    const scopes = this.tables.current
    if (listeners === this.ofListeners && scopes === this.ofScopes) return this.together
    this.ofListeners = listeners
    this.ofScopes = scopes
    this.together = scopes.size === 0 ? listeners : new Set([...listeners, ...scopes])
    return this.together
  }

  clusters(): ReadonlySet<string> {
    return new Set([...this.books.applied.values()].flatMap(scope => [...clustersOfScope(scope)]))
  }

  want(isWanted: boolean): void {
    if (isWanted && !this.isWanted) {
      this.isWanted = true
      this.options.wanted()
    }
    this.deadline.await(isWanted && !this.answered ? ONLY_FIRST_ANSWER : NOBODY, ONLY_FIRST_ANSWER)
  }

  apply({ changed, removed }: ResourceUpdate<ScopeConfig>): void {
    this.answered = true
    this.books.update(changed, removed)
  }

  install(): void {
    for (const name of this.books.takeStale()) this.options.remove(name)
    for (const [name, scope] of [...this.books.pending]) {
      if (!this.options.isReady(scope)) continue
      this.books.settle(name, scope)
      this.options.install(scope)
    }
  }

  close(): void {
    this.deadline.close()
  }
}
