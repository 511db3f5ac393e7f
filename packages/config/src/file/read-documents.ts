import { violation, type Violation } from '@meshwork/core/result'
import { LineCounter, parseAllDocuments, type Document } from 'yaml'
import { lineOfPath } from './line-of-path.ts'

/** One object of the API as it stands in a file. */
export interface ReadDocument {
  readonly value: unknown
  /** 1-based line of its first key. */
  readonly line: number
  /** 1-based line on which a violation's path stands, or the nearest that exists. */
  readonly lineOf: (path: string) => number
}

export interface SyntaxMistake extends Violation {
  readonly line: number
}

/** What a text holds: its documents, and its mistakes. With a mistake of syntax the documents are not to be trusted. */
export interface DocumentsRead {
  readonly documents: readonly ReadDocument[]
  readonly mistakes: readonly SyntaxMistake[]
}

const MOST_DOCUMENTS = 10_000
/** How often anchors may be repeated in one document: enough for people, not for an alias bomb. */
const MOST_ALIASES = 1000

/** Reads YAML or JSON: several documents, and the items of `kind: List` as documents of their own. */
export function readDocuments(text: string): DocumentsRead {
  const lines = new LineCounter()
  // Merge keys (`<<`) are YAML 1.1, but what users of Kubernetes write.
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent', stringKeys: true })
  const all: readonly Document[] = 'empty' in parsed ? [] : parsed
  if (all.length > MOST_DOCUMENTS) {
    return {
      documents: [],
      mistakes: [{ ...violation('', 'too-many-documents', `the file has more than ${MOST_DOCUMENTS} documents`), line: 1 }],
    }
  }
  const mistakes = all.flatMap(document => document.errors.map(error => toMistake(error.message, error.linePos?.[0].line ?? 1)))
  if (mistakes.length > 0) return { documents: [], mistakes }
  const parts = all.map(document => readOne(document, lines))
  return { documents: parts.flatMap(part => part.documents), mistakes: parts.flatMap(part => part.mistakes) }
}

/** The first line of the parser's message; the others draw the place, which `line` names. */
function toMistake(message: string, line: number): SyntaxMistake {
  const [first = message] = message.split('\n')
  return { ...violation('', 'syntax', first.replace(/ at line \d+, column \d+:?$/, '')), line }
}

function readOne(document: Document, lines: LineCounter): DocumentsRead {
  const line = lines.linePos(document.contents?.range?.[0] ?? document.range?.[0] ?? 0).line
  const value = valueOf(document)
  if (value.kind === 'mistake') return { documents: [], mistakes: [toMistake(value.message, line)] }
  if (value.value === null || value.value === undefined) return { documents: [], mistakes: [] }
  const lineOf = (path: string): number => lineOfPath(document.contents, path, lines) ?? line
  return { documents: itemsOf({ value: value.value, line, lineOf }), mistakes: [] }
}

type Value = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'mistake'; readonly message: string }

/** `toJS` throws for unknown aliases and for too many of them. */
function valueOf(document: Document): Value {
  try {
    return { kind: 'value', value: document.toJS({ maxAliasCount: MOST_ALIASES }) }
  } catch (thrown) {
    return { kind: 'mistake', message: thrown instanceof Error ? thrown.message : 'the document cannot be read' }
  }
}

/** `kubectl get -o yaml` writes several objects as one of kind List. */
function itemsOf(document: ReadDocument): readonly ReadDocument[] {
  const { value } = document
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'List') return [document]
  const items: readonly unknown[] = 'items' in value && Array.isArray(value.items) ? value.items : []
  return items.map((item, i) => ({
    value: item,
    line: document.lineOf(`items[${i}]`),
    lineOf: path => document.lineOf(path === '' ? `items[${i}]` : `items[${i}].${path}`),
  }))
}
