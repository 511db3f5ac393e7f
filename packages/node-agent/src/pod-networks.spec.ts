import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { podNetworks } from './pod-networks.ts'

const UID = '5e1f8a3c-0d6b-4c55-9a7e-1b2c3d4e5f60'
let proc = ''

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'mesh-proc-'))
  writeFileSync(join(proc, 'uptime'), '')
  running(1, '/', 'net:[1]')
})

afterEach(() => rmSync(proc, { recursive: true, force: true }))

function running(pid: number, group: string, network: string): void {
  mkdirSync(join(proc, String(pid), 'ns'), { recursive: true })
  writeFileSync(join(proc, String(pid), 'cgroup'), `0::${group}\n`)
  symlinkSync(network, join(proc, String(pid), 'ns', 'net'))
}

it.each([
  ['cgroupfs', `/kubepods/burstable/pod${UID}/abc`],
  ['systemd', `/../kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice/cri-abc.scope`],
])('finds the sandbox of a pod, the first of its processes, by a group of %s', (_, group) => {
  running(120, group, 'net:[7]')
  running(9, group, 'net:[5]')
  running(30, '/kubepods/pod00000000-0000-0000-0000-000000000000/abc', 'net:[6]')
  expect(podNetworks(proc, [UID])).toEqual(new Map([[UID, { pid: 9, id: 'net:[5]' }]]))
})

it('never gives the network of the node', () => {
  running(9, `/kubepods/pod${UID}/abc`, 'net:[1]')
  expect(podNetworks(proc, [UID]).size).toBe(0)
})

it('passes over processes that end meanwhile', () => {
  mkdirSync(join(proc, '8'))
  running(9, `/kubepods/pod${UID}/abc`, 'net:[5]')
  expect(podNetworks(proc, [UID]).get(UID)?.pid).toBe(9)
})
