import { HeaderTable } from '../../http/header-table.ts'
import type { SideResponse } from '../../upstream/side-call.ts'
import type { FilterDeps } from '../filter.ts'
import { KeySet } from './key-set.ts'
import type { ProviderConfig, RemoteKeys } from './provider.ts'

const FETCH_FAILED = 'Jwks remote fetch is failed'
const MAX_BYTES = 1024 * 1024

/** The keys of one provider: given, or fetched when asked for and kept. A failed fetch keeps what was there. */
export class KeySource {
  private readonly deps: FilterDeps
  private readonly remote: RemoteKeys | null
  private current: KeySet | string | null
  private untilMs = 0
  private waiting: ((keys: KeySet | string) => void)[] = []
  private fetching = false

  constructor({ keys }: ProviderConfig, deps: FilterDeps) {
    this.deps = deps
    this.remote = keys.kind === 'remote' ? keys : null
    this.current = keys.kind === 'local' ? keys.set : null
    // Clusters of the same configuration come after listeners, so that the first fetch is in a later turn.
    if (this.remote?.early === true) setImmediate(() => this.refresh())
  }

  /** The keys at hand, or null: then `whenKnown` tells. Keys that grow old are fetched anew beside the request. */
  now(): KeySet | string | null {
    const { remote, current } = this
    if (remote === null) return current
    if (current === null || this.deps.clock.monotonicMs() >= this.untilMs) return null
    if (this.deps.clock.monotonicMs() >= this.untilMs - remote.cacheMs / 5) this.refresh()
    return current
  }

  /** `tell` gets the keys, or why there are none. One fetch at a time, for all who wait. */
  whenKnown(tell: (keys: KeySet | string) => void): void {
    this.waiting.push(tell)
    this.refresh()
  }

  forget(tell: (keys: KeySet | string) => void): void {
    this.waiting = this.waiting.filter(other => other !== tell)
  }

  private refresh(): void {
    if (this.fetching || this.remote === null) return
    this.fetching = true
    this.fetch(this.remote, this.remote.retries)
  }

  private fetch(remote: RemoteKeys, retries: number): void {
    const requestHeaders = new HeaderTable()
    requestHeaders.append('host', remote.authority)
    requestHeaders.append('accept', 'application/json')
    const { authority, path, scheme, timeoutMs } = remote
    const request = {
      method: 'GET',
      authority,
      path,
      scheme,
      requestHeaders,
      upgrade: false,
      body: NOTHING,
      timeoutMs,
      maxResponseBytes: MAX_BYTES,
    }
    const failed = (): void => {
      if (retries > 0) this.fetch(remote, retries - 1)
      else this.settle(null)
    }
    this.deps.sideCall(remote.cluster, request, {
      onSideResponse: response => {
        const keys = keysOf(response)
        if (keys === null) failed()
        else this.settle(keys)
      },
      onSideFailure: failed,
    })
  }

  private settle(keys: KeySet | null): void {
    this.fetching = false
    if (keys !== null) {
      this.current = keys
      this.untilMs = this.deps.clock.monotonicMs() + (this.remote?.cacheMs ?? 0)
    }
    const waiting = this.waiting
    this.waiting = []
    for (const tell of waiting) tell(this.current ?? FETCH_FAILED)
  }
}

const NOTHING = Buffer.alloc(0)

function keysOf(response: SideResponse): KeySet | null {
  if (response.status !== 200) return null
  const parsed = KeySet.parse(response.body.toString('utf8'))
  return typeof parsed === 'string' ? null : parsed
}
