import { type Fields, isFields, textOf } from '@meshwork/core/json'
import { isDeepStrictEqual } from 'node:util'
import { type ConfigObject, isMeshGroup, objectParser, type ParseOutcome, type RawObject, readRawObject } from '@meshwork/config/kinds'
import { violation, type Violation } from '@meshwork/core/result'
import type { AdmissionRequest } from './admission-review.ts'

/** Why a change is refused, in the words of Istio's metric `galley_validation_failed`. */
type FailureReason = 'yaml_decode_error' | 'unknown_type' | 'invalid_resource'

/**
 * - `passed`: nobody here has anything to say about the change.
 * - `accepted`: the object is one that the mesh reads.
 * - `unread`: the change may be made, because the kind is not the mesh's to refuse; the mesh will not read the object.
 * - `refused`: the object breaks rules of the mesh.
 */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'accepted'; readonly object: ConfigObject }
  | { readonly kind: 'unread'; readonly violations: readonly Violation[] }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly reason: FailureReason
  readonly violations: readonly Violation[]
}

const PASSED: Verdict = { kind: 'passed' }
/** Deletions never fail here: what is wrong must be removable, also while the rules are. */
const CHECKED_OPERATIONS: ReadonlySet<string> = new Set(['CREATE', 'UPDATE'])
/** Codes of documents whose kind nobody knows (`strange-kind.ts` of the kinds). */
const UNKNOWN_TYPE: ReadonlySet<string> = new Set(['unknown-kind', 'unknown-version', 'superseded-kind', 'not-supported'])
const ORIGIN = { file: 'admission', line: 1 } as const
/** What an API server puts at the end of a `generateName` looks like. */
const GENERATED = 'x'

const parser = objectParser()

/** Whether a change may be made, by the same rules by which files are read. Pure. */
export function judge(request: AdmissionRequest): Verdict {
  const { operation, subResource, object, oldObject } = request
  if (!CHECKED_OPERATIONS.has(operation) || subResource !== '') return PASSED
  if (object === undefined) return refused('yaml_decode_error', [violation('', 'not-an-object', 'the request has no object')])
  if (isLeaving(object) || (operation === 'UPDATE' && sameContent(object, oldObject))) return PASSED
  const isOurs = isMeshGroup(textOf(object['apiVersion']))
  const raw = readRawObject(complete(object, request), ORIGIN, 0)
  if (raw.kind === 'err') return isOurs ? refused('yaml_decode_error', raw.error) : PASSED
  return verdictOf(parser.parse(raw.value), raw.value, isOurs)
}

function verdictOf(outcome: ParseOutcome, { kind }: RawObject, isOurs: boolean): Verdict {
  if (outcome.kind === 'foreign') return PASSED
  if (outcome.kind === 'object') return { kind: 'accepted', object: outcome.object }
  const { violations } = outcome
  // An API server checks its own kinds itself: what it accepts is the mesh's to comment on, not to forbid. A comment may quote the
  // object, which nobody wants of a secret.
  if (!isOurs) return kind === 'Secret' ? PASSED : { kind: 'unread', violations }
  return refused(violations.some(({ code }) => UNKNOWN_TYPE.has(code)) ? 'unknown_type' : 'invalid_resource', violations)
}

function refused(reason: FailureReason, violations: readonly Violation[]): Refusal {
  return { kind: 'refused', reason, violations }
}

/** An object on its way out only loses its finalizers, and must be able to, whatever it says. */
function isLeaving({ metadata }: Fields): boolean {
  return isFields(metadata) && typeof metadata['deletionTimestamp'] === 'string'
}

/** Labels, finalizers and status may change on an object that is no longer valid: it says what it said. */
function sameContent(object: Fields, before: Fields | undefined): boolean {
  return before !== undefined && isDeepStrictEqual(contentOf(object), contentOf(before))
}

function contentOf(object: Fields): Fields {
  return { ...object, metadata: undefined, status: undefined }
}

/** With the name and the namespace that the object is going to have. */
function complete(object: Fields, { name, namespace }: AdmissionRequest): Fields {
  const metadata = isFields(object['metadata']) ? object['metadata'] : {}
  const { generateName } = metadata
  const generated = typeof generateName === 'string' && generateName !== '' ? `${generateName}${GENERATED}` : undefined
  const names = { name: metadata['name'] ?? (name === '' ? generated : name), namespace: metadata['namespace'] ?? (namespace || undefined) }
  return { ...object, metadata: { ...metadata, ...names } }
}
