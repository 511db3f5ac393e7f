import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { FieldMemory, parseFields } from './parse-fields.ts'

const TOKEN = `Bearer ${'a'.repeat(200)}`

function parsed(text: string, memory: FieldMemory): string[] | string {
  const table = new HeaderTable()
  const problem = parseFields(text, 0, table, 10, memory)
  return problem ?? table.names.map((name, i) => `${name.wire}=${table.values[i] ?? ''}`)
}

test('what the last message taught changes nothing but the cost', () => {
  const memory = new FieldMemory()
  const first = `Host: a\r\nAuthorization: ${TOKEN}\r\nAccept: */*\r\n`
  for (const text of [
    first,
    first,
    // One name is the beginning of another; the value of the token goes on, ends early, or stands under another name.
    `Hos: a\r\nAuthorization: ${TOKEN}b\r\n`,
    `Host-X: a\r\nAuthorization: ${TOKEN.slice(0, -1)}\r\nAccep: b\r\n`,
    `Host:a\r\nAuthorization:${TOKEN} \r\nX: ${TOKEN}\r\n`,
    'Authorization: short\r\n',
    first,
  ]) {
    expect(parsed(text, memory)).toEqual(parsed(text, new FieldMemory()))
  }
})

test('a line that only begins like a known one is judged as any other', () => {
  const memory = new FieldMemory()
  parsed(`Host: a\r\nAuthorization: ${TOKEN}\r\n`, memory)
  expect(parsed('Host : a\r\n', memory)).toBe('field-name')
  expect(parsed(`Authorization: ${TOKEN}\n`, memory)).toBe('field-value')
  expect(parsed(`Authorization: ${TOKEN}\r \n`, memory)).toBe('field-value')
  expect(parsed(`Authorization: ${TOKEN}\0\r\n`, memory)).toBe('field-value')
})

test('the value of a long head is not kept alive', () => {
  const memory = new FieldMemory()
  parsed(`Authorization: ${TOKEN}\r\nX: ${'x'.repeat(5000)}\r\n`, memory)
  expect(memory.longValue).toBe('')
})
