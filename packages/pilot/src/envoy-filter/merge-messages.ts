import type { MessageType } from '@meshwork/protos/any'
import { decodeJson, encodeJson, type JsonValue } from '@meshwork/protos/json'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'

type JsonObject = { [key: string]: JsonValue }

const REDACTED = '[redacted]'

/**
 * `patch` merged into `base` as protobuf merges messages (concatenated wire forms): scalars that the patch sets win, lists are
 * appended, messages are merged. Two departures, as in Istio: durations are replaced, and messages in an `Any` of one type are
 * merged rather than replaced.
 */
export function mergeMessages<T>(type: MessageType<T>, base: T, patch: T): Result<T, string> {
  try {
    const merged = mergeBytes(type.name, type.codec.encode(base).finish(), type.codec.encode(patch).finish())
    return merged.kind === 'err' ? merged : ok(type.codec.decode(merged.value))
  } catch (error) {
    return err(messageOf(error))
  }
}

function mergeBytes(typeName: string, base: Uint8Array, patch: Uint8Array): Result<Uint8Array, string> {
  const joined = decodeJson(typeName, Buffer.concat([base, patch]))
  const written = decodeJson(typeName, patch)
  if (!isObject(joined) || !isObject(written)) return ok(patch)
  const problem = settle(joined, decodeJson(typeName, base), written)
  if (problem !== null) return err(problem)
  if (JSON.stringify(joined).includes(REDACTED)) return err('the message holds key material, which patches do not touch')
  const encoded = encodeJson(typeName, joined)
  return encoded.kind === 'ok' ? ok(encoded.value) : err(encoded.error.map(({ path, message }) => `${path}: ${message}`).join('; '))
}

/** Puts right what concatenation alone gets wrong: values with a JSON form of their own, and `Any`. Gives a problem or null. */
function settle(joined: JsonObject, base: JsonValue, patch: JsonObject): string | null {
  for (const [key, value] of Object.entries(patch)) {
    if (Array.isArray(value)) continue
    const before = isObject(base) ? base[key] : undefined
    const inner = joined[key]
    if (!isObject(value) || !isObject(inner)) {
      joined[key] = value
      continue
    }
    const problem = '@type' in value ? mergeAny(joined, key, before, value) : settle(inner, before ?? {}, value)
    if (problem !== null) return problem
  }
  return null
}

function mergeAny(joined: JsonObject, key: string, before: JsonValue | undefined, patch: JsonObject): string | null {
  joined[key] = patch
  const url = patch['@type']
  if (!isObject(before) || typeof url !== 'string' || before['@type'] !== url) return null
  const typeName = url.slice(url.lastIndexOf('/') + 1)
  const [base, change] = [packed(typeName, before), packed(typeName, patch)]
  if (base === null || change === null) return null
  const merged = mergeBytes(typeName, base, change)
  if (merged.kind === 'err') return merged.error
  const json = decodeJson(typeName, merged.value)
  joined[key] = isObject(json) ? { '@type': url, ...json } : patch
  return null
}

/** null: a type without definition, whose bytes only its proxy can read. */
function packed(typeName: string, { '@type': _url, ...fields }: JsonObject): Uint8Array | null {
  try {
    const encoded = encodeJson(typeName, fields)
    return encoded.kind === 'ok' ? encoded.value : null
  } catch {
    return null
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
