import { expect, test } from 'vitest'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE } from '../types/type-urls.ts'
import { Replacements } from './replacements.ts'

function resource(name: string, content: string): XdsResource {
  return seal(CLUSTER_TYPE, name, () => Buffer.from(content))
}

test('layers with one set share the next one', () => {
  const replacements = new Replacements()
  const list = [resource('a', '1'), resource('b', '1')]
  const first = replacements.replace(undefined, list)
  expect(replacements.replace(undefined, list)).toBe(first)
  expect(first.names).toBeNull()
  const change = resource('b', '2')
  const patched = replacements.patch(first.set, [change])
  expect(replacements.patch(first.set, [change])).toBe(patched)
  expect([...(patched.names ?? [])]).toEqual(['b'])
  expect(first.set.get('b')).toBe(list[1])
})

test('a list that is new to a set is compared with it', () => {
  const replacements = new Replacements()
  const [a, b] = [resource('a', '1'), resource('b', '1')]
  const before = replacements.replace(undefined, [a, b]).set
  const list = [resource('a', '1'), resource('c', '1')]
  replacements.replace(undefined, list)
  const { set, names } = replacements.replace(before, list)
  expect([...(names ?? [])].toSorted()).toEqual(['b', 'c'])
  expect(set.get('a')).toBe(a)
})

test('a patch that says the same again changes nothing', () => {
  const replacements = new Replacements()
  const { set } = replacements.replace(undefined, [resource('a', '1')])
  expect(replacements.patch(set, [resource('a', '1')]).names?.size).toBe(0)
})
