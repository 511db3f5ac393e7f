import type { JsonTemplate } from '../model/substitution-format.ts'
import { type Command, parseTemplate } from './command-syntax.ts'
import { KNOWN_POINTS, MISSING_POINTS, PRECISIONS } from './duration-operators.ts'
import { METADATA_KINDS, MISSING_METADATA_KINDS } from './metadata-operators.ts'
import { OPERATORS } from './operators.ts'

/** Commands of Envoy 1.40 that this proxy has nothing to print for. */
const MISSING: ReadonlySet<string> = new Set([
  'CEL',
  'COALESCE',
  'CUSTOM_FLAGS',
  'DOWNSTREAM_CX_RTT',
  'DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED',
  'DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT',
  'DOWNSTREAM_DETECTED_CLOSE_TYPE',
  'DOWNSTREAM_HANDSHAKE_DURATION',
  'DOWNSTREAM_HEADER_BYTES_RECEIVED',
  'DOWNSTREAM_HEADER_BYTES_SENT',
  'DOWNSTREAM_LOCAL_CLOSE_REASON',
  'DOWNSTREAM_LOCAL_OTHERNAME_SAN',
  'DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1',
  'DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256',
  'DOWNSTREAM_PEER_CHAIN_SERIALS',
  'DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256',
  'DOWNSTREAM_PEER_ISSUER_SERIAL',
  'DOWNSTREAM_PEER_OTHERNAME_SAN',
  'DOWNSTREAM_TLS_GROUP',
  'LISTENER_NAME',
  'ROUTE_RESOLUTION_COUNT',
  'ROUTE_RESOLUTION_TIME_US',
  'TLS_JA3_FINGERPRINT',
  'TLS_JA4_FINGERPRINT',
  'UPSTREAM_CONNECTION_IDS_ATTEMPTED',
  'UPSTREAM_CONNECTION_POOL_READY_DURATION',
  'UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED',
  'UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT',
  'UPSTREAM_DETECTED_CLOSE_TYPE',
  'UPSTREAM_HEADER_BYTES_RECEIVED',
  'UPSTREAM_HEADER_BYTES_SENT',
  'UPSTREAM_HOSTS_ATTEMPTED',
  'UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT',
  'UPSTREAM_HOST_NAMES_ATTEMPTED',
  'UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT',
  'UPSTREAM_LOCAL_CLOSE_REASON',
  'UPSTREAM_TLS_GROUP',
  'UPSTREAM_WIRE_BYTES_RECEIVED',
  'UPSTREAM_WIRE_BYTES_SENT',
])

/** Why a format cannot be used, in Envoy's words where Envoy refuses it too; '' if it can. */
export function formatProblem(template: string): string {
  const { commands, problem } = parseTemplate(template)
  for (const command of commands) {
    if (MISSING.has(command.name)) return `${command.name} is not implemented`
    if (OPERATORS[command.name] === undefined) return `Not supported field in StreamInfo: ${command.name}`
  }
  return problem === '' ? firstOf(commands.map(argumentProblem)) : problem
}

/** The same for every text of a JSON format. */
export function jsonFormatProblem(template: JsonTemplate): string {
  if (typeof template === 'string') return formatProblem(template)
  return typeof template === 'object' && template !== null ? firstOf(Object.values(template).map(jsonFormatProblem)) : ''
}

function firstOf(problems: readonly string[]): string {
  return problems.find(problem => problem !== '') ?? ''
}

function argumentProblem({ name, argument }: Command): string {
  return ARGUMENTS[name]?.(argument) ?? ''
}

const ARGUMENTS: Readonly<Record<string, (argument: string) => string>> = {
  REQ: headerProblem,
  REQUEST_HEADER: headerProblem,
  RESP: headerProblem,
  RESPONSE_HEADER: headerProblem,
  TRAILER: headerProblem,
  RESPONSE_TRAILER: headerProblem,
  COMMON_DURATION: durationProblem,
  METADATA: metadataProblem,
  FILTER_STATE: filterStateProblem,
  UPSTREAM_FILTER_STATE: filterStateProblem,
  GRPC_STATUS: argument =>
    ['', 'CAMEL_STRING', 'SNAKE_STRING', 'NUMBER'].includes(argument)
      ? ''
      : `GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER. Got: ${argument}`,
  PATH: argument => {
    const [query = '', which = ''] = argument.split(':')
    return option('PATH', query, ['WQ', 'NQ']) || option('PATH', which, ['ORIG', 'PATH', 'ORIG_OR_PATH'])
  },
  QUERY_PARAMS: argument => option('QUERY_PARAMS', argument, ['ORIG', 'DECODED']),
  REQUESTED_SERVER_NAME: argument => {
    const [first = '', host = ''] = argument.split(':')
    return (
      option('REQUESTED_SERVER_NAME', first, ['SNI_ONLY', 'SNI_FIRST', 'HOST_FIRST']) ||
      option('REQUESTED_SERVER_NAME', host, ['ORIG_OR_HOST', 'HOST', 'ORIG'])
    )
  },
}

function option(name: string, value: string, allowed: readonly string[]): string {
  if (value === '' || allowed.includes(value)) return ''
  return `Invalid ${name} option: '${value}', only ${allowed.map(each => `'${each}'`).join('/')} are allowed`
}

const HEADER_NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-zA-Z]*$/

function headerProblem(argument: string): string {
  const names = argument.split('?')
  if (names.length > 2) return `More than 1 alternative header specified in token: ${argument}`
  return names.every(name => HEADER_NAME.test(name)) ? '' : 'Invalid header configuration. Format string contains invalid characters.'
}

function durationProblem(argument: string): string {
  const [from = '', to = '', precision = 'ms', ...more] = argument.split(':')
  if (to === '' || more.length > 0) return `Invalid common duration configuration: ${argument}.`
  if (!PRECISIONS.has(precision)) return `Invalid common duration precision: ${precision}.`
  const missing = [from, to].find(point => !KNOWN_POINTS.has(point) && MISSING_POINTS.has(point))
  return missing === undefined ? '' : `COMMON_DURATION: the time point ${missing} is not implemented`
}

function metadataProblem(argument: string): string {
  const [kind = ''] = argument.split(':')
  if (MISSING_METADATA_KINDS.has(kind)) return `METADATA: the type ${kind} is not implemented`
  return METADATA_KINDS.has(kind) ? '' : `${kind} is not supported type of metadata`
}

function filterStateProblem(argument: string): string {
  const [key = '', form = 'TYPED', field = ''] = argument.split(':')
  if (key === '') return 'Invalid filter state configuration, key cannot be empty.'
  if (!['PLAIN', 'TYPED', 'FIELD'].includes(form)) return 'Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.'
  return (form === 'FIELD') === (field !== '') ? '' : 'Invalid filter state serialize type, FIELD should be used with the field name.'
}
