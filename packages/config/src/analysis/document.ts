import { fieldsOf as fields, scalarText as textOf } from '@meshwork/core/json'
import type { ConfigObject, RawObject } from '../kinds/index.ts'
import type { Subject } from './finding.ts'

export { fieldsOf as fields, scalarText as textOf } from '@meshwork/core/json'

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

/** The entries of a value that is a list; none of any other. */
export function entries(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value at a path of names and places in lists; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((current, step) => (typeof step === 'number' ? entries(current)[step] : fields(current)[step]), value)
}

/** Texts by name: labels, annotations. */
export function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields(value)).map(([key, each]) => [key, textOf(each)]))
}
