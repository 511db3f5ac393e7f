/** What may stand behind the name of a command. */
interface Syntax {
  readonly argument: 'none' | 'optional' | 'required'
  /** `:5` shortens the value. */
  readonly length: boolean
}

const NONE: Syntax = { argument: 'none', length: false }
const OPTIONAL: Syntax = { argument: 'optional', length: false }
const OPTIONAL_SHORTENED: Syntax = { argument: 'optional', length: true }
const REQUIRED: Syntax = { argument: 'required', length: false }
const REQUIRED_SHORTENED: Syntax = { argument: 'required', length: true }

/** Commands that take something, as Envoy 1.40 has them; all others take nothing. */
const SYNTAX: ReadonlyMap<string, Syntax> = new Map<string, Syntax>([
  ...[
    'REQ',
    'REQUEST_HEADER',
    'RESP',
    'RESPONSE_HEADER',
    'TRAILER',
    'RESPONSE_TRAILER',
    'QUERY_PARAM',
    'ENVIRONMENT',
    'DYNAMIC_METADATA',
  ].map(name => [name, REQUIRED_SHORTENED] as const),
  ...['CLUSTER_METADATA', 'UPSTREAM_METADATA', 'COMMON_DURATION'].map(name => [name, REQUIRED] as const),
  ...['METADATA', 'FILTER_STATE', 'UPSTREAM_FILTER_STATE', 'QUERY_PARAMS', 'PATH'].map(name => [name, OPTIONAL_SHORTENED] as const),
  ...[
    'START_TIME',
    'START_TIME_LOCAL',
    'EMIT_TIME',
    'EMIT_TIME_LOCAL',
    'DOWNSTREAM_PEER_CERT_V_START',
    'DOWNSTREAM_PEER_CERT_V_END',
    'UPSTREAM_PEER_CERT_V_START',
    'UPSTREAM_PEER_CERT_V_END',
    'DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT',
    'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT',
    'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT',
    'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
    'UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT',
    'UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
    'GRPC_STATUS',
    'REQUESTED_SERVER_NAME',
    'RESPONSE_CODE_DETAILS',
  ].map(name => [name, OPTIONAL] as const),
])

/** One `%NAME(argument):length%` of a template. */
export interface Command {
  readonly name: string
  readonly argument: string
  /** Longest value in characters; null: any. */
  readonly length: number | null
}

/** A template taken apart: `literals` is one longer than `commands`, which stand between them. */
export interface ParsedTemplate {
  readonly literals: readonly string[]
  readonly commands: readonly Command[]
  /** What is wrong, in Envoy's words; '' for nothing. */
  readonly problem: string
}

// The argument ends at the first `)` behind which the command can end: arguments may have parentheses.
const COMMAND = /%([A-Z0-9_]+)(?:\(([\s\S]*?)\))?(?::(\d+))?%/y

/** Takes a template apart. `%%` is a percent sign; any other stands for the begin of a command. */
export function parseTemplate(template: string): ParsedTemplate {
  const literals: string[] = []
  const commands: Command[] = []
  let text = ''
  let problem = ''
  let at = 0
  while (at < template.length) {
    const percent = template.indexOf('%', at)
    const until = percent < 0 ? template.length : percent
    text += template.slice(at, until)
    at = until
    if (at === template.length) break
    if (template[at + 1] === '%') {
      text += '%'
      at += 2
      continue
    }
    COMMAND.lastIndex = at
    const match = COMMAND.exec(template)
    if (match === null) {
      problem ||= `Incorrect configuration: ${template}. Couldn't find valid command at position ${at}`
      text += '%'
      at++
      continue
    }
    const command = { name: match[1] ?? '', argument: match[2] ?? '', length: match[3] === undefined ? null : Number(match[3]) }
    literals.push(text)
    commands.push(command)
    problem ||= syntaxProblem(command)
    text = ''
    at += match[0].length
  }
  return { literals: [...literals, text], commands, problem }
}

function syntaxProblem({ name, argument, length }: Command): string {
  const syntax = SYNTAX.get(name) ?? NONE
  if (syntax === NONE && (argument !== '' || length !== null)) return `${name} does not take any parameters or length`
  if (syntax.argument === 'required' && argument === '') return `${name} requires parameters`
  return !syntax.length && length !== null ? `${name} does not allow length to be specified.` : ''
}
