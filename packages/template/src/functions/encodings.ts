import { createHash, randomInt, randomUUID } from 'node:crypto'

import { messageOf } from '@meshwork/core/result'

import { MAX_MADE_CHARACTERS } from '../engine/limits.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { expectText, isList, isMap, newMap } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'
import { parseYaml } from '../yaml/parse-yaml.ts'
import { toJson } from '../yaml/to-json.ts'
import { toYaml } from '../yaml/to-yaml.ts'
import { toCount } from './numbers.ts'

export const ENCODINGS: Readonly<Record<string, TemplateFunction>> = {
  toYaml: value => toYaml(value),
  toJson: value => toJson(value),
  toRawJson: value => toJson(value, { escapeHtml: false }),
  toPrettyJson: value => toJson(value, { indent: 2 }),
  fromYaml: text =>
    decoded(
      () => expectKind(parseYaml(expectText(text)), isMap, 'a map'),
      message => newMap([['Error', message]]),
      newMap(),
    ),
  fromYamlArray: text =>
    decoded(
      () => expectKind(parseYaml(expectText(text)), isList, 'a list'),
      message => [message],
      [],
    ),
  fromJson: text =>
    decoded(
      () => expectKind(parseJson(expectText(text)), isMap, 'a map'),
      message => newMap([['Error', message]]),
      newMap(),
    ),
  fromJsonArray: text =>
    decoded(
      () => expectKind(parseJson(expectText(text)), isList, 'a list'),
      message => [message],
      [],
    ),
  b64enc: text => Buffer.from(expectText(text)).toString('base64'),
  b64dec: text => decodeBase64(expectText(text)),
  sha1sum: text => digest('sha1', text),
  sha256sum: text => digest('sha256', text),
  sha512sum: text => digest('sha512', text),
  uuidv4: () => randomUUID(),
  randAlphaNum: count => random(toCount(count), 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'),
  randAlpha: count => random(toCount(count), 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'),
  randNumeric: count => random(toCount(count), '0123456789'),
}

/** The functions that read text answer an error as a value, because Helm does: a template can test for it. */
function decoded(read: () => unknown, failed: (message: string) => unknown, empty: unknown): unknown {
  try {
    return read() ?? empty
  } catch (thrown) {
    return failed(messageOf(thrown))
  }
}

function expectKind(value: unknown, is: (value: unknown) => boolean, expected: string): unknown {
  if (value === null || value === undefined || is(value)) return value
  throw new TemplateFault(`error unmarshaling: the text holds no ${expected.slice(2)}`, `give text that holds ${expected}`)
}

function parseJson(text: string): unknown {
  return parseYaml(JSON.stringify(JSON.parse(text)))
}

function decodeBase64(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') === text) return bytes.toString()
  return `illegal base64 data at input byte ${/^[A-Za-z\d+/]*/.exec(text)?.[0].length ?? 0}`
}

function digest(algorithm: string, text: unknown): string {
  return createHash(algorithm).update(expectText(text)).digest('hex')
}

function random(count: number, alphabet: string): string {
  if (count > MAX_MADE_CHARACTERS / 1024) throw new TemplateFault(`${count} random characters`, 'make fewer')
  return Array.from({ length: Math.max(0, count) }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}
