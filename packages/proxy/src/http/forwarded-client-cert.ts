import type { ConnectionFacts } from '../filters/filter.ts'
import type { HttpConnectionManagerConfig } from '../model/listener.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'

const NAME = 'x-forwarded-client-cert'

/** What the client says about itself is believed or dropped, and what we verified is added (`forward_client_cert_details`). */
export function forwardClientCertificate(
  headers: HeaderTable,
  connection: ConnectionFacts,
  mode: HttpConnectionManagerConfig['forwardClientCert'],
): void {
  if (mode === 'always-forward-only') return
  if (mode === 'sanitize' || connection.peer === null) {
    headers.removeId(HEADER_IDS[NAME])
    return
  }
  if (mode === 'forward-only') return
  const own = element(connection)
  const before = mode === 'append-forward' ? headers.getJoined(NAME) : null
  headers.set(NAME, before === null ? own : `${before},${own}`)
}

function element(connection: ConnectionFacts): string {
  const { peer } = connection
  if (peer === null) return ''
  const by = connection.localUriSan === '' ? '' : `By=${connection.localUriSan};`
  const uris = peer.uriSans.length === 0 ? ';URI=' : peer.uriSans.map(uri => `;URI=${uri}`).join('')
  return `${by}Hash=${peer.sha256};Subject="${peer.subject.replaceAll('"', '\\"')}"${uris}`
}
