import { expect, test } from 'vitest'
import type { HeaderTable } from '../http/header-table.ts'
import { FieldSection } from './field-section.ts'
import { HpackDecoder } from './hpack-decoder.ts'

/** Literal with incremental indexing, name `name` and value both plain. */
function kept(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])
}

function decode(decoder: HpackDecoder, ...fields: Buffer[]): { readonly ok: boolean; readonly headers: HeaderTable } {
  const section = new FieldSection(100_000, 100)
  section.begin()
  const bytes = Buffer.concat(fields)
  const ok = decoder.decode(bytes, 0, bytes.length, section)
  return { ok, headers: section.headers }
}

function lines({ headers }: { readonly headers: HeaderTable }): readonly string[] {
  return headers.names.map((name, i) => `${name.key}: ${headers.values[i] ?? ''}`)
}

test('what is sent again as a literal means the same, whatever else came with the same length', () => {
  const decoder = new HpackDecoder(4096)
  const fields = Array.from({ length: 200 }, (_, i) => [`x-${i % 7}`, `value ${String(i % 40).padStart(3, '0')}`] as const)
  for (let round = 0; round < 3; round++) {
    for (const [name, value] of fields) expect(lines(decode(decoder, kept(name, value)))).toEqual([`${name}: ${value}`])
  }
})

test('repeated literals fill the dynamic table as first ones do', () => {
  const decoder = new HpackDecoder(4096)
  decode(decoder, kept('a', 'one'), kept('b', 'two'))
  decode(decoder, kept('a', 'one'))
  // Newest first: a, b, a.
  expect(lines(decode(decoder, Buffer.from([0x80 | 62, 0x80 | 63, 0x80 | 64])))).toEqual(['a: one', 'b: two', 'a: one'])
})

test('a repeated literal that is cut short is refused', () => {
  const decoder = new HpackDecoder(4096)
  const field = kept('name', 'some value')
  expect(decode(decoder, field).ok).toBe(true)
  expect(decode(decoder, field.subarray(0, -1)).ok).toBe(false)
})

test('values with lengths of several bytes', () => {
  const decoder = new HpackDecoder(4096)
  const value = 'v'.repeat(200)
  const field = Buffer.concat([Buffer.from([0x40, 1, 97, 127, 200 - 127]), Buffer.from(value)])
  for (let i = 0; i < 3; i++) expect(lines(decode(decoder, field))).toEqual([`a: ${value}`])
})
