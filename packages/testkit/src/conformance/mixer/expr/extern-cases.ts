import {
  emailParts,
  Failure,
  compileExpression,
  dnsNameEquals,
  emailEquals,
  formatExpression,
  FUNCTION_TABLE,
  languageOf,
  matchesGlob,
  EXTERNS,
  uriEquals,
} from '@meshwork/mixer/lang'
import type { AttributeValue } from '@meshwork/core/attributes'
import type { MixerCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'
import { show, valueOf } from '../typed-value.ts'

interface Accepting {
  readonly accepted: readonly string[]
  readonly rejected: readonly string[]
}

interface Pair {
  readonly left: string
  readonly right: string
  readonly equal: boolean | 'error'
}

export interface ExternRecording {
  readonly dnsName: Accepting
  readonly email: Accepting
  readonly uri: Accepting
  readonly dnsNameEqual: readonly Pair[]
  readonly emailEqual: readonly Pair[]
  readonly uriEqual: readonly Pair[]
  readonly match: readonly { readonly e: boolean; readonly p: string; readonly s: string }[]
  readonly matches: readonly { readonly e: boolean; readonly p: string; readonly s: string }[]
  readonly startsWith: readonly { readonly e: boolean; readonly p: string; readonly s: string }[]
  readonly endsWith: readonly { readonly e: boolean; readonly s: string; readonly u: string }[]
  readonly emailParts: readonly { readonly in: string; readonly local: string; readonly domain: string }[]
  readonly ip: readonly { readonly in: string; readonly bytes?: string }[]
  readonly timestamp: readonly { readonly in: string; readonly value?: string }[]
}

function call(name: string, ...args: readonly AttributeValue[]): AttributeValue | Failure {
  return EXTERNS.get(name)?.(...args) ?? new Failure('function', `there is no function ${name}`)
}

function outcome(value: AttributeValue | Failure): string {
  return value instanceof Failure ? 'error' : show(value)
}

function accepting(name: 'dnsName' | 'email' | 'uri', lists: Accepting): readonly MixerCase[] {
  return [
    ...lists.accepted.map(text => ({
      name: `${name} accepts '${text}'`,
      check: () => equal('result', outcome(call(name, text)), show(text)),
    })),
    ...lists.rejected.map(text => ({
      name: `${name} rejects '${text}'`,
      check: () => equal('result', outcome(call(name, text)), 'error'),
    })),
  ]
}

function pairs(name: string, rows: readonly Pair[], compare: (a: string, b: string) => boolean | Failure): readonly MixerCase[] {
  return rows.map(row => ({
    name: `${name} '${row.left}' '${row.right}'`,
    check: (): Findings => {
      const got = compare(row.left, row.right)
      return equal('equal', got instanceof Failure ? 'error' : got, row.equal)
    },
  }))
}

function uriPair(a: string, b: string): boolean | Failure {
  const result = uriEquals(a, b)
  return result.kind === 'ok' ? result.value : new Failure('function', result.error)
}

/** A constant pattern takes another way through the compiler than one that is read; both must agree. */
function constantPattern(pattern: string, text: string): AttributeValue | Failure {
  const target = { kind: 'constant', type: 'STRING', value: pattern, text: `"${pattern}"` } as const
  const arg = { kind: 'constant', type: 'STRING', value: text, text: `"${text}"` } as const
  const expression = { kind: 'call', name: 'matches', target, args: [arg] } as const
  const program = compileExpression(expression, languageOf(new Map(), FUNCTION_TABLE))
  if (program.kind === 'err') return new Failure('function', `${formatExpression(expression)}: ${program.error.message}`)
  return program.value.evaluate({ get: () => undefined, names: () => [] })
}

function textFunctions(r: ExternRecording): readonly MixerCase[] {
  return [
    ...r.match.map(({ s, p, e }) => ({ name: `match '${s}' '${p}'`, check: () => equal('result', matchesGlob(s, p), e) })),
    ...r.matches.map(({ s, p, e }) => ({
      name: `matches '${p}' '${s}'`,
      check: () => [...equal('result', call('matches', p, s), e), ...equal('constant', constantPattern(p, s), e)],
    })),
    ...r.startsWith.map(({ s, p, e }) => ({ name: `startsWith '${s}' '${p}'`, check: () => equal('result', call('startsWith', s, p), e) })),
    ...r.endsWith.map(({ s, u, e }) => ({ name: `endsWith '${s}' '${u}'`, check: () => equal('result', call('endsWith', s, u), e) })),
    ...r.emailParts.map(row => ({
      name: `email parts '${row.in}'`,
      check: () => equal('parts', emailParts(row.in), { local: row.local, domain: row.domain }),
    })),
  ]
}

function conversions(r: ExternRecording): readonly MixerCase[] {
  return [
    ...r.ip.map(row => ({
      name: `ip '${row.in}'`,
      check: () => equal('result', outcome(call('ip', row.in)), row.bytes === undefined ? 'error' : `bytes ${row.bytes}`),
    })),
    ...r.timestamp.map(row => ({
      name: `timestamp '${row.in}'`,
      check: () => {
        const want = row.value === undefined ? 'error' : show(valueOf({ type: 'TIMESTAMP', value: row.value }))
        return equal('result', outcome(call('timestamp', row.in)), want)
      },
    })),
  ]
}

export function externCases(recording: ExternRecording): readonly MixerCase[] {
  return [
    ...accepting('dnsName', recording.dnsName),
    ...accepting('email', recording.email),
    ...accepting('uri', recording.uri),
    ...pairs('dnsNameEqual', recording.dnsNameEqual, dnsNameEquals),
    ...pairs('emailEqual', recording.emailEqual, emailEquals),
    ...pairs('uriEqual', recording.uriEqual, uriPair),
    ...textFunctions(recording),
    ...conversions(recording),
  ]
}
