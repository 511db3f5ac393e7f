import { HEADER_COMMANDS } from './header-commands.ts'

/** Longest name or value that Envoy takes in a header change, in bytes (`envoy.config.core.v3.HeaderValue`). */
const LONGEST = 16_384
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** `%NAME%`, `%NAME(ARGUMENTS)%`, `%NAME(ARGUMENTS):LENGTH%`, or a percent sign written twice. */
const COMMAND = /%(?:%|(?<name>[A-Z0-9_]+)(?:\((?<given>.*?)\))?(?<length>:\d+)?%)/y

/** `Host` under both of its names: a proxy rewrites it, it is no header to add. */
export function isHostHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === 'host' || lower === ':authority'
}

/** Why a proxy would not change a header of this name; undefined if it would. */
export function headerNameProblem(name: string): string | undefined {
  if (isHostHeader(name)) return `'${name}' cannot be removed, nor changed in responses`
  if (name.startsWith(':')) return `'${name}' is no header of the message but a part of its first line`
  if (!TOKEN.test(name)) return `'${name}' is not the name of a header`
  return name.length > LONGEST ? `the name of a header must not be longer than ${LONGEST} bytes` : undefined
}

/** Why a proxy would not take the text as the value of a header, in which `%NAME%` stands for facts about the request. */
export function headerValueProblem(value: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not be in a value (RFC 9110 section 5.5)
  if (/[\0\r\n]/.test(value)) return 'a value must be one line'
  if (Buffer.byteLength(value) > LONGEST) return `a value must not be longer than ${LONGEST} bytes`
  for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', COMMAND.lastIndex)) {
    COMMAND.lastIndex = at
    const found = COMMAND.exec(value)
    if (found === null) return `'${value.slice(at)}' begins with a % that is neither doubled nor part of %NAME%`
    const problem = commandProblem(found.groups ?? {})
    if (problem !== undefined) return problem
  }
  return undefined
}

function commandProblem({ name, given, length }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (name === undefined) return undefined
  switch (HEADER_COMMANDS.get(name)) {
    case undefined:
      return `there is no %${name}%`
    case 'argument':
      return /^[^\s?]+(?:\?[^\s?]+)?$/.test(given ?? '') ? undefined : `%${name}% needs an argument, as in %${name}(NAME)%`
    case 'bare':
      return given === undefined && length === undefined ? undefined : `%${name}% takes no argument`
    case 'time':
      return length === undefined ? undefined : `%${name}% takes no length`
  }
}
