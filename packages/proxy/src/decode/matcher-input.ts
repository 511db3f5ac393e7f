import { messageOf } from '@meshwork/core/result'
import { HttpRequestHeaderMatchInput, HttpRequestQueryParamMatchInput } from '@meshwork/protos/envoy/type/matcher/v3/http_inputs'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { ConnectionInput, MatcherInput, PeerInput } from '../model/matcher.ts'
import type { Report } from './report.ts'

const HEADER = 'type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput'
const QUERY_PARAMETER = 'type.googleapis.com/envoy.type.matcher.v3.HttpRequestQueryParamMatchInput'
const NETWORK = 'type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.'
const SSL = 'type.googleapis.com/envoy.extensions.matching.common_inputs.ssl.v3.'

/** Inputs without settings. */
const BY_TYPE: ReadonlyMap<string, ConnectionInput | PeerInput> = new Map([
  [`${NETWORK}DestinationIPInput`, { kind: 'destination-ip' }],
  [`${NETWORK}DestinationPortInput`, { kind: 'destination-port' }],
  [`${NETWORK}SourceIPInput`, { kind: 'source-ip' }],
  [`${NETWORK}SourcePortInput`, { kind: 'source-port' }],
  [`${NETWORK}DirectSourceIPInput`, { kind: 'direct-source-ip' }],
  [`${NETWORK}SourceTypeInput`, { kind: 'source-type' }],
  [`${NETWORK}ServerNameInput`, { kind: 'server-name' }],
  [`${NETWORK}TransportProtocolInput`, { kind: 'transport-protocol' }],
  [`${NETWORK}ApplicationProtocolInput`, { kind: 'application-protocols' }],
  [`${SSL}UriSanInput`, { kind: 'uri-san' }],
  [`${SSL}DnsSanInput`, { kind: 'dns-san' }],
  [`${SSL}SubjectInput`, { kind: 'subject' }],
])

const NOTHING: MatcherInput = { kind: 'header', name: '' }

/** An input that is known where the matcher stands. */
export function decodeMatcherInput(config: Any | undefined, known: ReadonlySet<MatcherInput['kind']>, report: Report): MatcherInput {
  try {
    const input = inputOf(config)
    if (input === null) report.refuse('unsupported-match', `'${config?.typeUrl ?? 'nothing'}' is not supported`)
    else if (!known.has(input.kind)) report.refuse('unsupported-match', `'${config?.typeUrl ?? ''}' is not known here`)
    return input ?? NOTHING
  } catch (error) {
    report.refuse('malformed', messageOf(error))
    return NOTHING
  }
}

function inputOf(config: Any | undefined): MatcherInput | null {
  switch (config?.typeUrl) {
    case HEADER:
      return { kind: 'header', name: HttpRequestHeaderMatchInput.decode(config.value).headerName.toLowerCase() }
    case QUERY_PARAMETER:
      return { kind: 'query-parameter', name: HttpRequestQueryParamMatchInput.decode(config.value).queryParam }
    default:
      return BY_TYPE.get(config?.typeUrl ?? '') ?? null
  }
}
