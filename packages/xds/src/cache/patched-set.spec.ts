import { expect, it } from 'vitest'
import { seal, type XdsResource } from '../types/resource.ts'
import { PatchedSet } from './patched-set.ts'

const TYPE = 'type.googleapis.com/test'
const resource = (name: string, text: string): XdsResource => seal(TYPE, name, () => Buffer.from(text))

it('reads as a copy would, through any number of patches', () => {
  const plain = new Map(Array.from({ length: 50 }, (_, i) => [`r${i}`, resource(`r${i}`, 'first')]))
  let patched = new PatchedSet(plain, [])
  const copy = new Map(plain)
  for (let i = 0; i < 120; i++) {
    const next = resource(`r${(i * 7) % 50}`, `change ${i}`)
    patched = new PatchedSet(patched, [next])
    copy.set(next.name, next)
  }
  expect([...patched]).toEqual([...copy])
  expect([...patched.values()]).toEqual([...copy.values()])
  expect(patched.size).toBe(50)
  expect(patched.get('r7')).toBe(copy.get('r7'))
  expect(patched.has('none')).toBe(false)
})

it('knows what differs from the set before it, and from no other', () => {
  const first = new Map([['a', resource('a', '1')]])
  const change = resource('a', '2')
  const second = new PatchedSet(first, [change])
  const third = new PatchedSet(second, [resource('a', '3')])
  expect(second.changesSince(first)).toEqual([change])
  expect(third.changesSince(second)).toHaveLength(1)
  expect(third.changesSince(first)).toBeUndefined()
})
