import { violation } from '@meshwork/core/result'
import {
  objectKeyText,
  looksLikeObject,
  readRawObject,
  type ConfigObject,
  type LocatedViolation,
  type ObjectKey,
  type ObjectParser,
  type RawObject,
  type Rejection,
} from '../kinds/index.ts'
import { readDocuments, type ReadDocument } from './read-documents.ts'

/** The objects of one file after a reading: accepted ones, and for each refused one its last good version. */
export interface FileObjects {
  /** By `objectKeyText`, in the order of the file. */
  readonly objects: ReadonlyMap<string, FileObject>
  readonly rejections: readonly Rejection[]
  /** Every document that is an object, those of foreign kinds and refused ones too; empty unless asked for. */
  readonly documents: readonly RawObject[]
}

export interface FileObject {
  readonly object: ConfigObject
  /** The document names its time of creation itself. */
  readonly dated: boolean
}

export const NO_OBJECTS: FileObjects = { objects: new Map(), rejections: [], documents: [] }

/**
 * Parses a file. What cannot be accepted keeps its `previous` version: a refused object its own; a file with a mistake of syntax,
 * or with a document that does not say which object it is, everything it had.
 */
export function parseFile(file: string, text: string, previous: FileObjects, parser: ObjectParser, keepDocuments = false): FileObjects {
  const { documents, mistakes } = readDocuments(text)
  const reading = new Reading(file, previous, parser, keepDocuments)
  for (const mistake of mistakes) reading.reject(undefined, mistake.line, [mistake])
  for (const document of documents) reading.take(document)
  return reading.finish()
}

class Reading {
  private readonly file: string
  private readonly previous: FileObjects
  private readonly parser: ObjectParser
  private readonly objects = new Map<string, FileObject>()
  private readonly rejections: Rejection[] = []
  private readonly lineByKey = new Map<string, number>()
  private readonly kept: RawObject[] = []
  private readonly keepDocuments: boolean
  private hasNameless = false

  constructor(file: string, previous: FileObjects, parser: ObjectParser, keepDocuments: boolean) {
    this.keepDocuments = keepDocuments
    this.file = file
    this.previous = previous
    this.parser = parser
  }

  take(document: ReadDocument): void {
    const named = looksLikeObject(document.value)
    const value = named ? document.value : this.parser.nameless?.(document.value)
    if (value === undefined) return
    if (named) this.takeObject(document)
    // Its fields stand at the top of the document, not below `spec`.
    else this.takeObject({ ...document, value, lineOf: path => document.lineOf(path.replace(/^spec\.?/, '')) })
  }

  private takeObject(document: ReadDocument): void {
    const origin = { file: this.file, line: document.line }
    const raw = readRawObject(document.value, origin, 0)
    if (raw.kind === 'err') {
      this.reject(
        undefined,
        document.line,
        raw.error.map(reason => ({ ...reason, line: document.lineOf(reason.path) })),
      )
      return
    }
    if (this.keepDocuments) this.kept.push(raw.value)
    const outcome = this.parser.parse(raw.value)
    if (outcome.kind === 'foreign' || this.isRepeated(raw.value)) return
    if (outcome.kind === 'object') this.objects.set(keyText(raw.value), { object: outcome.object, dated: isDated(raw.value) })
    else
      this.refuse(
        raw.value,
        outcome.violations.map(reason => ({ ...reason, line: document.lineOf(reason.path) })),
      )
  }

  reject(key: ObjectKey | undefined, line: number, violations: readonly LocatedViolation[]): void {
    if (key === undefined) this.hasNameless = true
    this.rejections.push({ key, origin: { file: this.file, line }, violations: violations.toSorted((a, b) => a.line - b.line) })
  }

  finish(): FileObjects {
    if (this.hasNameless) {
      for (const [text, kept] of this.previous.objects) {
        if (!this.objects.has(text)) this.objects.set(text, kept)
      }
    }
    return { objects: this.objects, rejections: this.rejections, documents: this.kept }
  }

  private refuse(raw: RawObject, violations: readonly LocatedViolation[]): void {
    this.reject(keyOf(raw), raw.origin.line, violations)
    const kept = this.previous.objects.get(keyText(raw))
    if (kept !== undefined) this.objects.set(keyText(raw), kept)
  }

  private isRepeated(raw: RawObject): boolean {
    const text = keyText(raw)
    const earlier = this.lineByKey.get(text)
    if (earlier === undefined) {
      this.lineByKey.set(text, raw.origin.line)
      return false
    }
    const reason = violation('metadata.name', 'duplicate-object', `${text} is already defined at ${this.file}:${earlier}`)
    this.reject(keyOf(raw), raw.origin.line, [{ ...reason, line: raw.origin.line }])
    return true
  }
}

function keyOf(raw: RawObject): ObjectKey {
  return { kind: raw.kind, namespace: raw.meta.namespace, name: raw.meta.name }
}

function keyText(raw: RawObject): string {
  return objectKeyText(keyOf(raw))
}

function isDated(raw: RawObject): boolean {
  const { metadata } = raw.document
  return typeof metadata === 'object' && metadata !== null && 'creationTimestamp' in metadata && metadata.creationTimestamp !== null
}
