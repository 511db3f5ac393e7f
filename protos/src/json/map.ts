import type { DescField, DescMessage, JsonValue } from '@bufbuild/protobuf'
import { fieldOf } from './check.ts'
import { registry } from './registry.ts'

/** Called for each message, outer ones first; gives what shall stand there instead. */
export type Visit = (typeName: string, value: JsonValue, path: string) => JsonValue

/** A copy of `json`, which is well-formed as message `desc`, with every message in it replaced by what `visit` makes of it. */
export function mapMessage(desc: DescMessage, json: JsonValue, path: string, visit: Visit): JsonValue {
  const value = visit(desc.typeName, json, path)
  if (!isObject(value)) return value
  const inner = desc.typeName === 'google.protobuf.Any' ? innerOf(value['@type']) : desc
  if (inner === undefined) return value
  if (inner !== desc) visit(inner.typeName, value, path)
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const field = fieldOf(inner, key)
      return [
        key,
        field === undefined || each === null ? each : mapField(field, each, path === '' ? field.name : `${path}.${field.name}`, visit),
      ]
    }),
  )
}

function innerOf(url: JsonValue | undefined): DescMessage | undefined {
  return typeof url === 'string' ? registry().getMessage(url.slice(url.lastIndexOf('/') + 1)) : undefined
}

function mapField({ message, fieldKind }: DescField, value: JsonValue, path: string, visit: Visit): JsonValue {
  if (message === undefined) return value
  if (fieldKind === 'list') return Array.isArray(value) ? value.map((each, i) => mapMessage(message, each, `${path}[${i}]`, visit)) : value
  if (fieldKind !== 'map') return mapMessage(message, value, path, visit)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, mapMessage(message, each, `${path}[${JSON.stringify(key)}]`, visit)]),
  )
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
