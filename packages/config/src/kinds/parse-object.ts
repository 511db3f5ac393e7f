import type { Violation } from '@meshwork/core/result'
import { canonical } from './parse/canonical.ts'
import { withoutNulls } from './parse/without-nulls.ts'
import type { KindDefinition } from './definition.ts'
import type { ConfigObject, RawObject } from './object.ts'
import { groupOf, strangeKind } from './strange-kind.ts'
import { asMeshConfigDocument, asNetworksDocument, meshConfigInConfigMap, placeInConfigMap } from './mesh-config/istio-forms.ts'
import { KINDS } from './table.ts'

/** `foreign`: a kind that is none of ours (a Deployment, say), which sources skip without a word. */
export type ParseOutcome =
  | { readonly kind: 'object'; readonly object: ConfigObject }
  | { readonly kind: 'violations'; readonly violations: readonly Violation[] }
  | { readonly kind: 'foreign' }

export interface ObjectParser {
  parse(raw: RawObject): ParseOutcome
  /** What a document without kind and name means, as a document that has them; undefined where it means nothing. */
  readonly nameless?: (document: unknown) => unknown
}

/** For files that may hold the bare settings of a mesh, as Istio's own do. */
export function meshFileParser(): ObjectParser {
  return { ...objectParser(), nameless: asMeshConfigDocument }
}

/** For files that hold nothing but the networks of a mesh: read as a MeshConfig that says nothing else. */
export function networksFileParser(): ObjectParser {
  return { ...objectParser(), nameless: asNetworksDocument }
}

/** Groups whose kinds are messages of protobuf, written in its JSON mapping. */
const PROTO_GROUP = /(?:^|\.)(?:istio\.io|meshwork\.dev)$/

/** Whether kinds of this API group are the mesh's own, so that nobody else checks their objects. */
export function isMeshGroup(apiVersion: string): boolean {
  return PROTO_GROUP.test(groupOf(apiVersion))
}

/** Makes typed objects out of raw ones by the table of kinds. */
export function objectParser(kinds: readonly KindDefinition[] = KINDS): ObjectParser {
  const byKind = new Map<string, KindParser>(kinds.map(definition => [definition.kind, new KindParser(definition)]))
  return {
    parse: written => {
      const settings = meshConfigInConfigMap(written)
      if (settings?.kind === 'err') return refused(settings.error)
      const raw = settings?.value ?? written
      const parser = byKind.get(raw.kind)
      if (parser?.reads(raw.apiVersion) === true) return settings === undefined ? parser.parse(raw) : insideText(parser.parse(raw))
      const reason = strangeKind(raw, kinds)
      return reason === undefined ? { kind: 'foreign' } : refused(reason)
    },
  }
}

/** Violations of what stands as a text in a field of the document. */
function insideText(outcome: ParseOutcome): ParseOutcome {
  if (outcome.kind !== 'violations') return outcome
  return { kind: 'violations', violations: outcome.violations.map(found => ({ ...found, path: placeInConfigMap(found.path) })) }
}

class KindParser {
  readonly definition: KindDefinition

  constructor(definition: KindDefinition) {
    this.definition = definition
  }

  reads(apiVersion: string): boolean {
    return this.definition.apiVersions.includes(apiVersion)
  }

  parse(raw: RawObject): ParseOutcome {
    const { definition } = this
    const document = withoutNulls(raw.document)
    const written = definition.body === 'spec' ? (document['spec'] ?? {}) : bodyOf(document)
    const content = isMeshGroup(raw.apiVersion) ? canonical(definition.schema, written) : written
    const malformed = definition.check(content, definition.body === 'spec' ? 'spec' : '')
    if (malformed.length > 0) return { kind: 'violations', violations: malformed }
    const read = definition.read(content, raw.meta)
    if (read.kind === 'err') return { kind: 'violations', violations: read.error }
    const { kind, apiVersion, meta } = raw
    const origin = Object.freeze({ ...raw.origin })
    const { spec, warnings } = read.value
    const told = warnings.length > 0 && { warnings: Object.freeze(warnings) }
    return { kind: 'object', object: Object.freeze({ kind, apiVersion, meta, spec, origin, ...told }) }
  }
}

/** A document without the members that all kinds share. */
function bodyOf(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { apiVersion: _, kind: __, metadata: ___, ...body } = document
  return body
}

function refused(reason: Violation): ParseOutcome {
  return { kind: 'violations', violations: [reason] }
}
