import { isRecord, type RawRecord } from '../shape/json-schema.ts'

/**
 * The document without members that are null: an API server drops them, so `spec:` with nothing behind it means no spec.
 * Nulls in lists stay, and are violations.
 */
export function withoutNulls(record: RawRecord): RawRecord {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, clean(value)]),
  )
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean)
  return isRecord(value) && !(value instanceof Date) ? withoutNulls(value) : value
}
