/** ProtoJSON (protobuf.dev, "ProtoJSON Format") for every type of this package: text that people write, and dumps that they read. */
import { type DescMessage, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf'
import { JsonChecker, type JsonProblem } from './check.ts'
import { dumpMessage } from './dump.ts'
import { mapMessage, type Visit } from './map.ts'
import { registry } from './registry.ts'

export type { JsonValue } from '@bufbuild/protobuf'
export type { JsonProblem } from './check.ts'
export type { Visit } from './map.ts'

const UNKNOWN_FIELD = 'unknown-field'

export type EncodedJson =
  | { readonly kind: 'ok'; readonly value: Uint8Array }
  | { readonly kind: 'err'; readonly error: readonly JsonProblem[] }

/** Wire form of `json` as message `typeName`, or everything that is wrong with it. Field names may be written either way. `visit` may put other values in place of messages before they are encoded. */
export function encodeJson(typeName: string, json: JsonValue, visit?: Visit): EncodedJson {
  const desc = descriptorOf(typeName)
  const checker = new JsonChecker()
  checker.message(desc, json, '')
  if (checker.problems.length > 0) return { kind: 'err', error: checker.problems }
  try {
    const mapped = visit === undefined ? json : mapMessage(desc, json, '', visit)
    return { kind: 'ok', value: toBinary(desc, fromJson(desc, mapped, { registry: registry() })) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'err', error: [{ path: '', code: 'bad-value', message }] }
  }
}

/** As `encodeJson`, but fields that a message does not have are passed over, and told. */
export function encodeKnownJson(typeName: string, json: JsonValue): EncodedJson & { readonly ignored: readonly JsonProblem[] } {
  const desc = descriptorOf(typeName)
  const checker = new JsonChecker()
  checker.message(desc, json, '')
  const ignored = checker.problems.filter(({ code }) => code === UNKNOWN_FIELD)
  const wrong = checker.problems.filter(({ code }) => code !== UNKNOWN_FIELD)
  if (wrong.length > 0) return { kind: 'err', error: wrong, ignored: [] }
  try {
    const read = fromJson(desc, json, { registry: registry(), ignoreUnknownFields: true })
    return { kind: 'ok', value: toBinary(desc, read), ignored }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'err', error: [{ path: '', code: 'bad-value', message }], ignored: [] }
  }
}

/** What people may see of `bytes` as message `typeName`: proto field names, no key material. Throws on malformed bytes. */
export function decodeJson(typeName: string, bytes: Uint8Array): JsonValue {
  return dumpMessage(descriptorOf(typeName), bytes)
}

function descriptorOf(typeName: string): DescMessage {
  const desc = registry().getMessage(typeName)
  if (desc === undefined) throw new Error(`there is no definition of ${typeName}; add its file to protos/roots.json`)
  return desc
}
