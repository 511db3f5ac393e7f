import { NameTable } from '@meshwork/protos/istio/networking/nds/v1/nds'
import { expect, test } from 'vitest'
import { nameTableType } from './name-table-type.ts'

function encoded(table: Record<string, { ips: string[] }>): Uint8Array {
  return NameTable.encode(NameTable.fromPartial({ table })).finish()
}

test('a table', () => {
  expect(nameTableType.decode(encoded({ 'a.com': { ips: ['1.2.3.4'] } }))).toEqual({
    kind: 'ok',
    value: [{ host: 'a.com', addresses: ['1.2.3.4'], shortname: '', namespace: '' }],
  })
  expect(nameTableType.decode(new Uint8Array())).toEqual({ kind: 'ok', value: [] })
})

test.each([
  ['an address that is none', encoded({ 'a.com': { ips: ['1.2.3'] } }), 'table[a.com].ips'],
  ['a label that is too long', encoded({ [`${'a'.repeat(64)}.com`]: { ips: [] } }), `table[${'a'.repeat(64)}.com]`],
  ['an empty label', encoded({ 'a..com': { ips: [] } }), 'table[a..com]'],
  ['other bytes', Uint8Array.from([0xff, 0xff]), ''],
])('%s is refused', (_, bytes, path) => {
  expect(nameTableType.decode(bytes)).toMatchObject({ kind: 'err', error: [{ path }] })
})
