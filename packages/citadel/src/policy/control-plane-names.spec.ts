import { spiffeId } from '@meshwork/core/ids'
import { expect, it } from 'vitest'

import { type ControlPlaneNames, namesOf, parseNamesOf } from './control-plane-names.ts'

function read(...texts: readonly string[]): ControlPlaneNames {
  let names: ControlPlaneNames = new Map()
  for (const text of texts) {
    const parsed = parseNamesOf(text, names)
    if (parsed.kind === 'err') throw new Error(parsed.error)
    names = parsed.value
  }
  return names
}

function namesFor(names: ControlPlaneNames, namespace: string, account: string): readonly string[] {
  const identity = spiffeId('cluster.local', namespace, account)
  if (identity.kind === 'err') throw new Error(identity.error)
  return namesOf(names, identity.value)
}

it('gives names to the account that is named, and to no other', () => {
  const names = read('mesh/istiod=istiod.mesh.svc,istiod.mesh', 'mesh/istiod=istiod.mesh.svc,x', 'mesh/other=y')
  expect(namesFor(names, 'mesh', 'istiod')).toEqual(['istiod.mesh.svc', 'istiod.mesh', 'x'])
  expect(namesFor(names, 'mesh', 'other')).toEqual(['y'])
  for (const [namespace, account] of [
    ['mesh', 'istiod-x'],
    ['mesh-x', 'istiod'],
    ['default', 'istiod'],
  ] as const) {
    expect(namesFor(names, namespace, account)).toEqual([])
  }
})

it.each([
  '',
  'istiod=a',
  'mesh/istiod',
  'mesh/istiod=',
  'mesh/istiod=*.svc',
  'mesh/*=a',
  'mesh/istiod=a=b',
  'mesh/istiod=spiffe://x',
  '/a=b',
])('refuses %j', text => expect(parseNamesOf(text, new Map()).kind).toBe('err'))
