import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadLocalMesh } from './load-local-mesh.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshwork-load-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function load(text: string): Promise<unknown> {
  const file = join(folder, 'mesh.yaml')
  await writeFile(file, text)
  return loadLocalMesh(file)
}

describe('loadLocalMesh', () => {
  it('names file and line of a violation', async () => {
    const text = 'apiVersion: meshwork.dev/v1alpha1\nkind: LocalMesh\nspec:\n  services:\n    - name: web\n      prot: 80\n'
    await expect(load(text)).rejects.toMatchObject({
      code: 'MESH_FILE_INVALID',
      message: expect.stringContaining(`mesh.yaml:6: spec.services[0].prot`),
    })
  })

  it('names file and line of broken YAML', async () => {
    await expect(load('a: [1\nb: {\n')).rejects.toMatchObject({
      code: 'MESH_FILE_INVALID',
      message: expect.stringMatching(/mesh\.yaml:\d+: /),
    })
  })

  it('refuses a configuration folder that is not there', async () => {
    const text = 'apiVersion: meshwork.dev/v1alpha1\nkind: LocalMesh\nspec:\n  config: [nowhere]\n'
    await expect(load(text)).rejects.toMatchObject({
      code: 'MESH_FILE_INVALID',
      message: expect.stringContaining('nowhere is not a folder'),
    })
  })

  it('says how to name the file when it is missing', async () => {
    await expect(loadLocalMesh(join(folder, 'gone.yaml'))).rejects.toMatchObject({
      code: 'MESH_FILE_MISSING',
      nextStep: expect.stringContaining('-f'),
    })
  })
})
