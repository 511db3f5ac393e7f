import { bagOf } from '@meshwork/core/attributes'
import { combineAnswers, identityNamespace, RoutingTable } from '@meshwork/mixer/dispatch'
import { compileExpression, FUNCTION_TABLE, languageOf, parseExpression } from '@meshwork/mixer/lang'
import { referenceCandidates, shortName } from '@meshwork/mixer/snapshot'
import type { MixerCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'

interface CheckAnswerRow {
  readonly code?: number
  readonly message?: string
  readonly validDurationMs?: number
  readonly validUseCount?: number
  readonly error?: string
}

export interface CheckRow {
  readonly name: string
  readonly handler?: string
  readonly answers?: readonly CheckAnswerRow[]
  readonly result?: { readonly code: number; readonly message?: string; readonly validDurationMs: number; readonly validUseCount: number }
}

export interface SemanticsRecording {
  readonly isFqn: Readonly<Record<string, boolean>>
  readonly canonicalize: readonly { readonly name: string; readonly kind: string; readonly namespace: string; readonly key: string }[]
  readonly shortName: Readonly<Record<string, string>>
  readonly identityNamespace: readonly { readonly attributes: Readonly<Record<string, string>>; readonly namespace: string }[]
  readonly namespaceSelection: readonly { readonly rulesIn: readonly string[]; readonly ask: string; readonly found: readonly string[] }[]
  readonly conditions: readonly {
    readonly match: string
    readonly attributes: Readonly<Record<string, string>>
    readonly matches: boolean
  }[]
  readonly check: readonly CheckRow[]
}

const MS = 1_000_000n

/** A name of three parts, or more, stands for itself whatever the rule's namespace. */
function isQualified(name: string): boolean {
  return referenceCandidates(name, 'handler', 'x').join() === name && name.split('.').length === 3
}

function checkCondition(match: string, attributes: Readonly<Record<string, string>>, expected: boolean): Findings {
  const parsed = parseExpression(match)
  const language = languageOf(new Map([['destination.name', 'STRING']]), FUNCTION_TABLE)
  const program = parsed.kind === 'err' ? parsed : compileExpression(parsed.value, language)
  return program.kind === 'err' ? [program.error.message] : equal('matches', program.value.evaluate(bagOf(attributes)) === true, expected)
}

function checkSelection(rulesIn: readonly string[], ask: string, found: readonly string[]): Findings {
  const rootRules = rulesIn.includes('istio-system') ? ['istio-system rules'] : []
  const destination = (name: string) => ({
    handler: {
      name,
      adapter: { name: 'a', templates: [], paramsType: '', params: { fields: [] } },
      address: '',
      timeoutMs: undefined,
      params: new Uint8Array(),
    },
    template: { name: 't', variety: 'check', path: '', shape: { fields: [] } } as const,
    groups: [],
  })
  const byNamespace = new Map(
    rulesIn.map(namespace => [
      namespace,
      (namespace === 'istio-system' ? rootRules : [...rootRules, `${namespace} rules`]).map(destination),
    ]),
  )
  const table = new RoutingTable(new Map([['check', { byNamespace, fallback: rootRules.map(destination) }]]))
  return equal(
    'found',
    table.destinations('check', ask).map(({ handler }) => handler.name),
    found,
  )
}

function checkCombination({ answers = [], handler = 'h', result }: CheckRow): Findings {
  if (result === undefined) return []
  const combined = combineAnswers(
    answers.map(row => ({
      handler,
      answer: {
        code: row.code ?? 0,
        message: row.message ?? '',
        validNanos: BigInt(row.validDurationMs ?? 0) * MS,
        validUseCount: row.validUseCount ?? 0,
      },
    })),
  )
  return equal('result', combined, {
    code: result.code,
    message: result.message ?? '',
    validNanos: BigInt(result.validDurationMs) * MS,
    validUseCount: result.validUseCount,
  })
}

/** What needs no adapter. Cases in which one fails are in `adapter-cases.ts`. */
export function semanticsCases(recording: SemanticsRecording): readonly MixerCase[] {
  return [
    ...Object.entries(recording.isFqn).map(([name, expected]) => ({
      name: `qualified ${name}`,
      check: () => equal('is', isQualified(name), expected),
    })),
    ...recording.canonicalize.map(({ name, kind, namespace, key }) => ({
      name: `canonical ${name}`,
      check: () => equal('key', referenceCandidates(name, 'handler', namespace)[0]?.replace('.handler.', `.${kind}.`), key),
    })),
    ...Object.entries(recording.shortName).map(([name, expected]) => ({
      name: `short ${name}`,
      check: () => equal('name', shortName(name), expected),
    })),
    ...recording.identityNamespace.map(({ attributes, namespace }, index) => ({
      name: `identity namespace ${index}`,
      check: () => equal('namespace', identityNamespace(bagOf(attributes)), namespace),
    })),
    ...recording.namespaceSelection.map(({ rulesIn, ask, found }, index) => ({
      name: `namespace selection ${index}`,
      check: () => checkSelection(rulesIn, ask, found),
    })),
    ...recording.conditions.map(({ match, attributes, matches }, index) => ({
      name: `condition ${index}`,
      check: () => checkCondition(match, attributes, matches),
    })),
    ...recording.check
      .filter(row => row.result !== undefined)
      .map(row => ({ name: `check ${row.name}`, check: () => checkCombination(row) })),
  ]
}
