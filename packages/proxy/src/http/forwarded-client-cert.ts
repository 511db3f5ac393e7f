import type { ConnectionFacts } from '../filters/filter.ts'
import type { ClientCertDetails, HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'

const NAME = 'x-forwarded-client-cert'

/** What the client says about itself is believed or dropped, and what we verified is added (`forward_client_cert_details`). */
export function forwardClientCertificate(
  headers: HeaderTable,
  connection: ConnectionFacts,
  mode: HttpConnectionManagerConfig['forwardClientCert'],
  details: ClientCertDetails,
): void {
  if (mode === 'always-forward-only') return
  if (mode === 'sanitize' || connection.peer === null) {
    headers.removeId(HEADER_IDS[NAME])
    return
  }
  if (mode === 'forward-only') return
  const own = elementOf(connection, details)
  const before = mode === 'append-forward' ? headers.getJoined(NAME) : null
  headers.set(NAME, before === null || before === '' ? own : `${before},${own}`)
}

/** A connection has one certificate and one connection manager, so its element is made once. */
const elements = new WeakMap<ConnectionFacts, string>()

function elementOf(connection: ConnectionFacts, details: ClientCertDetails): string {
  const known = elements.get(connection)
  if (known !== undefined) return known
  const made = makeElement(connection, details)
  elements.set(connection, made)
  return made
}

/** `By=…;Hash=…;Cert="…";Subject="…";URI=…;DNS=…`: the parts in this order, those asked for. */
function makeElement({ peer, localUriSan }: ConnectionFacts, details: ClientCertDetails): string {
  if (peer === null) return ''
  const parts: string[] = []
  if (localUriSan !== '') parts.push(`By=${localUriSan}`)
  parts.push(`Hash=${peer.sha256}`)
  if (details.cert) parts.push(`Cert="${urlEncodedPem(peer.raw)}"`)
  if (details.subject) parts.push(`Subject="${quoted(peer.subject)}"`)
  if (details.uri) parts.push(...(peer.uriSans.length === 0 ? ['URI='] : peer.uriSans.map(uri => `URI=${guarded(uri)}`)))
  if (details.dns) parts.push(...peer.dnsSans.map(dns => `DNS=${guarded(dns)}`))
  return parts.join(';')
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}

/** A name with characters of the header's grammar is quoted, so that it cannot make up further parts or elements. */
function guarded(name: string): string {
  return /[",;=\\]/.test(name) ? `"${quoted(name)}"` : name
}

function urlEncodedPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return pem.replaceAll(/[\n +/=]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
