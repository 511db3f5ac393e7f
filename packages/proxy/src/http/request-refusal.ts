import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { HeaderTrait } from './header-traits.ts'
import { LOCAL_REPLIES, type LocalReply } from './local-reply.ts'
import { problemReply } from './problem-reply.ts'

type HeadRules = Pick<HttpConnectionManagerConfig, 'http1' | 'headersWithUnderscores'>

/** The answer to an HTTP/1 head that is well formed, yet not for this listener; null: it may pass, made as the listener wants it. */
export function refusalOf(headers: HeaderTable, http11: boolean, { http1, headersWithUnderscores }: HeadRules): LocalReply | null {
  if (!http11) {
    if (!http1.acceptHttp10) return LOCAL_REPLIES.oldVersion
    if (http1.defaultHostForHttp10 !== '' && headers.findId(HEADER_IDS.host) < 0) headers.append('host', http1.defaultHostForHttp10)
  }
  if (headersWithUnderscores === 'allow' || !headers.hasTrait(HeaderTrait.underscore)) return null
  if (headersWithUnderscores === 'reject') return problemReply('field-name')
  headers.removeTraits(HeaderTrait.underscore)
  return null
}
