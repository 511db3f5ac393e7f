import { err, ok, type Result, type Violation } from '@meshwork/core/result'
import type { ObjectMeta } from './object.ts'
import { schemaCheck, type SchemaCheck } from './parse/check-schema.ts'
import { fieldWarnings } from './parse/field-warnings.ts'
import type { JsonSchema } from './shape/json-schema.ts'
import type { Shape } from './shape/shape.ts'
import type { KindName, SpecByKind } from './spec-by-kind.ts'

/** A column of `kubectl get`, beside name, state and age. */
export interface KindColumn {
  readonly name: string
  /** As kubectl writes paths: `.spec.hosts`. */
  readonly path: string
  readonly description: string
}

/** Where and how objects of a kind appear in documents. */
export interface KindIdentity {
  readonly kind: KindName
  /** Versions that are read alike; the first one is the preferred. */
  readonly apiVersions: readonly [string, ...string[]]
  /** Lower-case plural, as in URLs of the Kubernetes API. */
  readonly plural: string
  readonly scope: 'Namespaced' | 'Cluster'
  /** Where the content stands: below `spec`, or, for some kinds of Kubernetes, at the top of the document. */
  readonly body: 'spec' | 'document'
  /** What people type instead of the plural: `vs`. */
  readonly shortNames?: readonly string[]
  readonly columns?: readonly KindColumn[]
}

/** What a kind's folder states; `defineKind` makes the definition of it. */
export interface KindRules<K extends KindName> extends KindIdentity {
  readonly kind: K
  readonly shape: Shape<SpecByKind[K]>
  /** The rules that a schema cannot say. Returns all violations, with paths from the root of the document. */
  readonly validate: (spec: SpecByKind[K], meta: ObjectMeta) => readonly Violation[]
  /**
   * What a valid object should not say all the same. Outdated and ineffective fields are marked in the shape (`deprecated`,
   * `unused`) and need no rule here.
   */
  readonly warn?: (spec: SpecByKind[K], meta: ObjectMeta) => readonly Violation[]
}

/** A spec that was read, with warnings, which never refuse. */
export interface ReadSpec {
  readonly spec: SpecByKind[KindName]
  readonly warnings: readonly Violation[]
}

/** Everything Meshwork knows about one kind of object. The table of all of them is `kinds/table.ts`. */
export interface KindDefinition extends KindIdentity {
  readonly schema: JsonSchema
  /** Compares content with `schema`. Compiled on first use, once for the process: compiling is dear and has one result. */
  readonly check: SchemaCheck
  /** Turns content that satisfies `schema` into the kind's spec, or into all the rules it breaks. */
  readonly read: (content: unknown, meta: ObjectMeta) => Result<ReadSpec, readonly Violation[]>
}

export function defineKind<K extends KindName>(rules: KindRules<K>): KindDefinition {
  const { shape, validate, warn, ...identity } = rules
  const root = rules.body === 'spec' ? 'spec' : ''
  return {
    ...identity,
    schema: shape.schema,
    check: schemaCheck(shape.schema),
    read: (content, meta) => {
      const spec = shape.read(content)
      const violations = validate(spec, meta)
      if (violations.length > 0) return err(violations)
      return ok({ spec, warnings: [...fieldWarnings(shape.schema, content, root), ...(warn?.(spec, meta) ?? [])] })
    },
  }
}

/** For kinds that need no more than their schema. */
export function noFurtherRules(): readonly Violation[] {
  return []
}
