import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileLocator } from './locate.ts'
import { readFiles } from './read-files.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'meshwork-locate-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('finds the line of a path, the nearest one that exists, and the first one without the file', async () => {
  const file = path.join(directory, 'a.yaml')
  writeFileSync(
    file,
    'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - {port: 80, name: a}\n  - name: b\n    port: 81\n',
  )
  const { objects } = await readFiles(directory)
  const [service] = objects.filter(({ kind }) => kind === 'Service')
  if (service === undefined) throw new Error('no service')
  const locate = fileLocator()
  expect(['spec.ports[1].port', 'spec.ports[1].gone.deeper', 'nothing', ''].map(place => locate(service, place))).toEqual([13, 12, 5, 5])
  rmSync(file)
  expect(fileLocator()(service, 'spec.ports[1].port')).toBe(5)
})
