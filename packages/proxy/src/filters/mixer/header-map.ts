import type { StringMap } from '@meshwork/core/attributes'

import type { HeaderTable } from '../../http/header-table.ts'
import { FORWARD_HEADER } from './config.ts'

/** `host` shows as `:authority`; what proxies tell each other is nobody's business. */
const HIDDEN: ReadonlySet<string> = new Set(['host', FORWARD_HEADER])

/** The attribute map of a message's headers, read in place. Valid as long as the stream is. */
export class HeaderMap implements StringMap {
  readonly kind = 'map'
  private readonly headers: HeaderTable
  /** Pseudo-headers, which Mixer sees as HTTP/2 names them. */
  private readonly pseudo: ReadonlyMap<string, string>

  constructor(headers: HeaderTable, pseudo: ReadonlyMap<string, string>) {
    this.headers = headers
    this.pseudo = pseudo
  }

  get(key: string): string | undefined {
    if (HIDDEN.has(key)) return undefined
    return this.pseudo.get(key) ?? this.headers.getJoined(key) ?? undefined
  }

  *entries(): Iterable<readonly [string, string]> {
    yield* this.pseudo.entries()
    const { names } = this.headers
    for (let at = 0; at < names.length; at++) {
      const key = names[at]?.key ?? ''
      if (!HIDDEN.has(key) && this.headers.find(key) === at) yield [key, this.headers.getJoined(key) ?? '']
    }
  }
}
