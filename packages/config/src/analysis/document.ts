import type { ConfigObject, RawObject } from '../kinds/index.ts'
import type { Subject } from './finding.ts'

/** An object as it was written, of any kind. Where only the parsed form is at hand, `body` holds that below `spec`. */
export interface Document extends Subject {
  readonly apiVersion: string
  readonly body: Readonly<Record<string, unknown>>
}

export function documentOf({ kind, apiVersion, meta, origin, document }: RawObject): Document {
  return { kind, apiVersion, meta, origin, body: document }
}

export function documentOfObject({ kind, apiVersion, meta, origin, spec }: ConfigObject): Document {
  return { kind, apiVersion, meta, origin, body: { spec } }
}

export type Fields = Readonly<Record<string, unknown>>

/** The fields of a value that is an object; none of any other. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The entries of a value that is a list; none of any other. */
export function entries(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text as it is, a number or a truth value in words, empty otherwise. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** The value at a path of names and places in lists; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((current, step) => (typeof step === 'number' ? entries(current)[step] : fields(current)[step]), value)
}

/** Texts by name: labels, annotations. */
export function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields(value)).map(([key, each]) => [key, textOf(each)]))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
