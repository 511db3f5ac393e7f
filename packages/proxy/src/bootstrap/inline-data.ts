import { readFileSync, statSync } from 'node:fs'
import { messageOf, type Violation, violation } from '@meshwork/core/result'
import type { JsonValue } from '@meshwork/protos/json'

/** A text, the file that holds it, or the environment variable. */
export const DATA_SOURCE = 'envoy.config.core.v3.DataSource'

/** Largest file that may be named instead of writing the text itself. */
const MAX_DATA_BYTES = 16 * 2 ** 20
/** Certificates of TLS contexts stay files: they are read when they are needed, and again when they change. */
const CERTIFICATE_FILE = /^static_resources\.(listeners|clusters)\b.*\b(certificate_chain|private_key|ocsp_staple|trusted_ca)$/

/** Whoever starts the proxy may name its files and its environment; a control plane may not, so decoders know only inline data. */
export function inlineData(source: JsonValue, path: string, problems: Violation[]): JsonValue {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return source
  const { filename, environment_variable: variable = source['environmentVariable'] } = source
  if (typeof variable === 'string') {
    const text = process.env[variable]
    if (text !== undefined) return { inline_string: text }
    problems.push(violation(path, 'unreadable', `environment variable ${variable} is not set`))
  }
  if (typeof filename !== 'string') return source
  const bytes = readData(filename, path, problems)
  return bytes === null || CERTIFICATE_FILE.test(path) ? source : { inline_bytes: bytes.toString('base64') }
}

function readData(file: string, path: string, problems: Violation[]): Buffer | null {
  try {
    const { size } = statSync(file)
    if (size <= MAX_DATA_BYTES) return readFileSync(file)
    problems.push(violation(path, 'too-large', `${file} has ${size} bytes, more than ${MAX_DATA_BYTES}`))
  } catch (error) {
    problems.push(violation(path, 'unreadable', messageOf(error)))
  }
  return null
}
