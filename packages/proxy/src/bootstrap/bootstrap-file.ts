import { readFileSync, statSync } from 'node:fs'
import { err, messageOf, ok, type Result, type Violation, violation } from '@meshwork/core/result'
import { encodeJson, type JsonValue } from '@meshwork/protos/json'
import { parse } from 'yaml'
import { BOOTSTRAP_MESSAGE } from '../decode/bootstrap.ts'
import { DATA_SOURCE, inlineData } from './inline-data.ts'
import { RuntimeOverrides } from './runtime-overrides.ts'

/** Largest bootstrap that is read. */
const MAX_BYTES = 64 * 2 ** 20

/** A bootstrap in wire form, with the JSON it was written as. */
export interface BootstrapSource {
  readonly bytes: Uint8Array
  readonly json: JsonValue
  /** Runtime keys of static layers whose values stand in the fields that name them. */
  readonly runtimeKeys: ReadonlySet<string>
}

/** Reads a bootstrap of Envoy's v3 API, YAML or JSON. Every mistake is reported with its place, not only the first. */
export function readBootstrapFile(file: string): Result<BootstrapSource, readonly Violation[]> {
  try {
    const { size } = statSync(file)
    if (size > MAX_BYTES) return err([violation('', 'too-large', `has ${size} bytes, more than ${MAX_BYTES}`)])
    return parseBootstrap(readFileSync(file, 'utf8'))
  } catch (error) {
    return err([violation('', 'unreadable', messageOf(error))])
  }
}

export function parseBootstrap(text: string): Result<BootstrapSource, readonly Violation[]> {
  let json: JsonValue
  try {
    // JSON is YAML, too; but only JSON.parse is quick with large ones.
    json = /^\s*\{/.test(text) ? parseJson(text) : parse(text)
  } catch (error) {
    return err([violation('', 'malformed', messageOf(error))])
  }
  const problems: Violation[] = []
  const runtime = new RuntimeOverrides(json)
  const encoded = encodeJson(BOOTSTRAP_MESSAGE, json, (typeName, value, path) =>
    typeName === DATA_SOURCE ? inlineData(value, path, problems) : runtime.apply(typeName, value),
  )
  if (encoded.kind === 'err') return encoded
  return problems.length > 0 ? err(problems) : ok({ bytes: encoded.value, json, runtimeKeys: runtime.used })
}

/** Flow mappings of YAML begin like JSON. */
function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch {
    return parse(text)
  }
}
