/** A command of Envoy's substitution formatter: `%NAME%`, `%NAME(arguments)%`, `%NAME(arguments):length%`. */
const COMMAND = /%%|%([A-Z0-9_]+)(?:\(([^()]*)\))?(?::(\d+))?%/g

/** Commands that need an argument. */
const WITH_ARGUMENT: ReadonlySet<string> = new Set(['REQ', 'RESP', 'TRAILER', 'ENVIRONMENT', 'REQ_WITHOUT_QUERY', 'FILTER_STATE'])

/** Commands that header values use, with or without an argument. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['START_TIME', 'PROTOCOL', 'BYTES_RECEIVED', 'BYTES_SENT', 'DURATION', 'HOSTNAME', 'RESPONSE_CODE', 'RESPONSE_FLAGS'],
  ...['UPSTREAM_HOST', 'UPSTREAM_CLUSTER', 'UPSTREAM_LOCAL_ADDRESS', 'UPSTREAM_REMOTE_ADDRESS', 'ROUTE_NAME', 'VIRTUAL_CLUSTER_NAME'],
  ...['DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_REMOTE_PORT', 'DOWNSTREAM_LOCAL_ADDRESS'],
  ...['DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_LOCAL_PORT', 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS', 'REQUESTED_SERVER_NAME'],
  ...['DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_TLS_VERSION', 'DOWNSTREAM_TLS_CIPHER', 'DOWNSTREAM_PEER_URI_SAN'],
  ...['DOWNSTREAM_PEER_SUBJECT', 'DOWNSTREAM_PEER_ISSUER', 'DOWNSTREAM_PEER_SERIAL', 'DOWNSTREAM_PEER_FINGERPRINT_256'],
  ...['DOWNSTREAM_LOCAL_URI_SAN', 'DOWNSTREAM_LOCAL_SUBJECT', 'DOWNSTREAM_PEER_CERT', 'DOWNSTREAM_PEER_CERT_V_START'],
  ...['DOWNSTREAM_PEER_CERT_V_END', 'CONNECTION_ID', 'CONNECTION_TERMINATION_DETAILS', 'RESPONSE_CODE_DETAILS', 'STREAM_ID'],
])
const METADATA: ReadonlySet<string> = new Set(['DYNAMIC_METADATA', 'UPSTREAM_METADATA', 'CLUSTER_METADATA', 'METADATA'])

/**
 * Why a header's value is no format that proxies understand; undefined if it is one. Values are formats: a percent sign begins a
 * command, and two stand for one.
 */
export function formatMistake(value: string): string | undefined {
  let unknown: string | undefined
  const rest = value.replaceAll(COMMAND, (text, name: string | undefined, argument: string | undefined) => {
    if (name !== undefined && !isKnown(name, argument)) unknown ??= text
    return ''
  })
  if (unknown !== undefined) return `'${unknown}' is not a command that may stand in a header`
  return rest.includes('%') ? "'%' begins a command; write '%%' for a percent sign" : undefined
}

function isKnown(name: string, argument: string | undefined): boolean {
  if (WITH_ARGUMENT.has(name) || METADATA.has(name)) return argument !== undefined && argument !== ''
  return PLAIN.has(name) && (argument === undefined || name === 'START_TIME')
}
