import { createServer } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@meshwork/testkit/net'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: reviews, namespace: default}\nspec: {ports: [{name: http, port: 9080}]}\n'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-pilot-'))
  writeFileSync(join(folder, 'service.yaml'), SERVICE)
})

afterEach(() => rmSync(folder, { recursive: true }))

function start(...args: readonly string[]): Child {
  return startProgram(siblingProgram('main', import.meta.url), { name: 'pilot', args: ['--config-dir', folder, ...args] })
}

test('a file that breaks is reported by place, the rest stays, and mending it takes effect', async () => {
  const [xds = 0, http = 0] = await freePorts(2)
  await using pilot = start(
    '--xds-address',
    `127.0.0.1:${xds}`,
    '--xds-address',
    `unix:${join(folder, 'xds.sock')}`,
    '--http-address',
    `127.0.0.1:${http}`,
  )
  await pilot.whenReady()
  const get = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${http}${path}`)).json()
  writeFileSync(join(folder, 'service.yaml'), SERVICE.replace('port: 9080', 'port: many'))
  await vi.waitFor(
    async () => expect(await get('/debug/rejections')).toMatchObject([{ origin: { file: expect.stringContaining('service.yaml') } }]),
    5000,
  )
  expect(await get('/debug/registryz')).toMatchObject([{ hostname: 'reviews.default.svc.cluster.local', ports: [{ number: 9080 }] }])
  writeFileSync(join(folder, 'service.yaml'), SERVICE.replace('port: 9080', 'port: 9081'))
  await vi.waitFor(async () => expect(await get('/debug/registryz')).toMatchObject([{ ports: [{ number: 9081 }] }]), 5000)
  expect(await get('/debug/rejections')).toEqual([])
  expect(pilot.running()).toBe(true)
})

test('[failure-36] a registry that is suddenly empty keeps its services in force and says so, until it has lasted', async () => {
  for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.yaml`), SERVICE.replace('name: reviews', `name: ${name}`))
  const [xds = 0, http = 0] = await freePorts(2)
  await using pilot = start(...['--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`, '--confirm-empty', '3000'])
  await pilot.whenReady()
  const get = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${http}${path}`)).json()
  for (const name of ['a', 'b', 'service']) rmSync(join(folder, `${name}.yaml`))
  await vi.waitFor(async () => expect(JSON.stringify(await get('/debug/rejections'))).toContain('empty-world'), 2500)
  expect(await get('/debug/registryz')).toHaveLength(3)
  await vi.waitFor(async () => expect(await get('/debug/registryz')).toEqual([]), 10_000)
  expect(await get('/debug/rejections')).toEqual([])
})

test('a port in use is named', async () => {
  const [http = 0] = await freePorts(1)
  const occupant = createServer()
  await new Promise<void>(resolve => void occupant.listen(0, '127.0.0.1', resolve))
  try {
    const address = occupant.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await using pilot = start('--xds-address', `127.0.0.1:${port}`, '--http-address', `127.0.0.1:${http}`)
    await expect(pilot.whenReady()).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(`127.0.0.1:${port}`) })
  } finally {
    occupant.close()
  }
})

test('a mesh config that is wrong is refused with its place', async () => {
  const file = join(folder, 'mesh.yaml')
  writeFileSync(file, 'apiVersion: meshwork.dev/v1\nkind: MeshConfig\nmetadata: {name: default}\nspec: {trustDomian: x}\n')
  await using pilot = start('--mesh-config', file)
  await expect(pilot.whenReady()).rejects.toMatchObject({ code: 'MESH_CONFIG_INVALID', message: expect.stringContaining(`${file}:`) })
})
