import type { Report } from './report.ts'

/**
 * What a decoder does with the fields of a message. A field in neither list is refused when it is set, because ignoring it
 * would make the proxy behave otherwise than configured; so a field that is new in the proto is refused until someone decides.
 */
export interface FieldPolicy<M> {
  /** Decoded. */
  readonly read: readonly (keyof M & string)[]
  /** Accepted without effect: tuning, telemetry or defaults that change no answer. */
  readonly harmless: readonly (keyof M & string)[]
}

/** Refuses each field of `message` that is set but neither read nor harmless. */
export function refuseOtherFields<M extends object>(message: M, policy: FieldPolicy<M>, report: Report): void {
  const known = knownFields(policy)
  for (const [field, value] of Object.entries(message)) {
    if (isSet(value) && !known.has(field)) report.at(protoName(field, value)).refuse('unsupported-field', 'is not supported')
  }
}

const knownByPolicy = new WeakMap<object, ReadonlySet<string>>()

/** Made once for each policy: a table of routes asks for every route. */
function knownFields(policy: { readonly read: readonly string[]; readonly harmless: readonly string[] }): ReadonlySet<string> {
  const made = knownByPolicy.get(policy)
  if (made !== undefined) return made
  const known = new Set([...policy.read, ...policy.harmless])
  knownByPolicy.set(policy, known)
  return known
}

/** Whether a decoded field differs from its proto3 default. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === 0n || value === false) return false
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** `httpFilters` is `http_filters` on the wire; of a oneof, the member that is set. */
function protoName(field: string, value: unknown): string {
  const member = typeof value === 'object' && value !== null && '$case' in value && typeof value.$case === 'string' ? value.$case : field
  return member.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
