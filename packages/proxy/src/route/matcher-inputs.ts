import type { ConnectionInput, MatcherInput, PeerInput, RequestInput } from '../model/matcher.ts'
import { isSameIpOrLoopback } from '../net/match-filter-chain.ts'
import type { PeerCertificate } from '../tls/peer-certificate.ts'
import type { ReadInput } from './compile-matcher.ts'
import { queryParameter } from './match-header.ts'
import { pseudoHeader, type RequestView } from './request-view.ts'

/** What a connection shows to matchers. */
export interface ConnectionView {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly directRemoteAddress: string
  /** Empty where the client sent none. */
  readonly serverName: string
  /** Empty where nobody has looked. */
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
}

export function isRequestInput(input: MatcherInput): input is RequestInput {
  return input.kind === 'header' || input.kind === 'query-parameter'
}

export function isPeerInput(input: MatcherInput): input is PeerInput {
  return input.kind === 'uri-san' || input.kind === 'dns-san' || input.kind === 'subject'
}

export function readRequestInput({ kind, name }: RequestInput): ReadInput<RequestView> {
  if (kind === 'query-parameter') return request => queryParameter(request.path, name)
  return request => pseudoHeader(request, name) ?? request.requestHeaders.getJoined(name)
}

/** Texts as `envoy.extensions.matching.common_inputs.network.v3` gives them. */
export function readConnectionInput({ kind }: ConnectionInput): ReadInput<ConnectionView> {
  switch (kind) {
    case 'destination-ip':
      return ({ localAddress }) => someText(localAddress)
    case 'destination-port':
      return ({ localPort }) => String(localPort)
    case 'source-ip':
      return ({ remoteAddress }) => someText(remoteAddress)
    case 'source-port':
      return ({ remotePort }) => String(remotePort)
    case 'direct-source-ip':
      return ({ directRemoteAddress }) => someText(directRemoteAddress)
    case 'source-type':
      return connection => (isSameIpOrLoopback(connection) ? 'local' : null)
    case 'server-name':
      return ({ serverName }) => someText(serverName)
    case 'transport-protocol':
      return ({ transportProtocol }) => someText(transportProtocol)
    case 'application-protocols':
      return ({ applicationProtocols }) =>
        applicationProtocols.length === 0 ? null : applicationProtocols.map(name => `'${name}'`).join(',')
  }
}

/** Texts as `envoy.extensions.matching.common_inputs.ssl.v3` gives them: several names are one text. */
export function readPeerInput({ kind }: PeerInput): ReadInput<PeerCertificate> {
  switch (kind) {
    case 'uri-san':
      return ({ uriSans }) => someText(uriSans.join(','))
    case 'dns-san':
      return ({ dnsSans }) => someText(dnsSans.join(','))
    case 'subject':
      return ({ subject }) => someText(subject)
  }
}

function someText(text: string): string | null {
  return text === '' ? null : text
}
