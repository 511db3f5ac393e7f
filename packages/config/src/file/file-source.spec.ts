import { systemClock } from '@meshwork/core/time'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { describeConfigSource } from '../contract/describe-config-source.ts'
import type { ConfigBatch } from '../source/source.ts'
import { StrictSource } from '../source/strict-source.ts'
import { FileSource } from './file-source.ts'

const made: string[] = []

async function folder(): Promise<string> {
  const made_ = await mkdtemp(path.join(tmpdir(), 'meshwork-config-'))
  made.push(made_)
  return made_
}

afterEach(async () => {
  await Promise.all(made.splice(0).map(directory => rm(directory, { recursive: true, force: true })))
})

describeConfigSource('file', async documents => {
  const root = await folder()
  const fileOf = (name: string): string => path.join(root, `${name}.yaml`)
  const put = async (document: Readonly<Record<string, unknown>>): Promise<void> => {
    const { metadata } = document
    const name = typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : ''
    // As editors do it: a new file takes the place of the old one.
    await writeFile(fileOf(`.${name}`), stringify(document))
    await rename(fileOf(`.${name}`), fileOf(name))
  }
  for (const document of documents) await put(document)
  return {
    source: new FileSource({ root, clock: systemClock }),
    put,
    remove: key => rm(fileOf(key.name)),
    dispose: () => Promise.resolve(),
  }
})

const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: NAME
spec:
  hosts: [NAME]
  http:
  - route:
    - destination: {host: NAME}
`
const route = (name: string): string => ROUTE.replaceAll('NAME', name)

describe('FileSource', () => {
  let root: string
  let batches: ConfigBatch[]
  let source: StrictSource

  beforeEach(async () => {
    root = await folder()
    batches = []
  })

  afterEach(() => source.close())

  const put = (name: string, text: string): Promise<void> => writeFile(path.join(root, name), text)
  const start = async (file = ''): Promise<void> => {
    source = new StrictSource(new FileSource({ root: path.join(root, file), clock: systemClock }))
    await source.start(batch => batches.push(batch))
  }
  const names = (): string[] => {
    const all = new Set<string>()
    for (const { deletes, upserts } of batches) {
      for (const { name } of deletes) all.delete(name)
      for (const { meta } of upserts) all.add(meta.name)
    }
    return [...all].toSorted()
  }
  const mistakes = (): string[] =>
    (batches.at(-1)?.rejections ?? []).flatMap(({ origin, violations }) =>
      violations.map(({ line, path: place, code }) => `${path.relative(root, origin.file)}:${line} ${place} ${code}`),
    )
  const until = (condition: () => unknown, expected: unknown): Promise<void> =>
    expect.poll(condition, { timeout: 5000, interval: 2 }).toEqual(expected)

  test('reads folders below, several documents, lists and JSON; leaves other files alone', async () => {
    await mkdir(path.join(root, 'a/b'), { recursive: true })
    await mkdir(path.join(root, 'node_modules/x'), { recursive: true })
    await put('node_modules/x/sample.yaml', route('package'))
    await put('a/b/one.yml', `${route('a')}---\n${route('b')}`)
    await put('list.yaml', `kind: List\napiVersion: v1\nitems:\n- ${route('c').replaceAll('\n', '\n  ')}`)
    await put('d.json', '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "d"}}')
    await put('package.json', '{"name": "x"}')
    await put('README.md', '# x')
    await put('.hidden.yaml', route('hidden'))
    await start()
    expect(names()).toEqual(['a', 'b', 'c', 'd'])
    expect(mistakes()).toEqual([])
  })

  test('names file, line and path of every violation', async () => {
    await put('bad.yaml', `${route('ok')}---\n# two mistakes\n${route('a').replace('- route:', '- timeut: 5s\n    route:')}  hostss: []\n`)
    await start()
    expect(names()).toEqual(['ok'])
    expect(mistakes()).toEqual(['bad.yaml:19 spec.http[0].timeut unknown-field', 'bad.yaml:22 spec.hostss unknown-field'])
  })

  test('lines inside of a list and of keys with dots', async () => {
    const pod = 'apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n    labels:\n      a.b/c: ok\n      security.istio.io/x: 1\n'
    await put('list.yaml', `kind: List\napiVersion: v1\nitems:\n- ${pod}`)
    await start()
    expect(mistakes()).toEqual(['list.yaml:10 metadata.labels.security.istio.io/x wrong-type'])
  })

  test('a file that breaks keeps its objects; repairing it ends the rejection', async () => {
    await put('a.yaml', route('a'))
    await start()
    await put('a.yaml', `${route('a')}  http: [`)
    await until(() => mistakes().length > 0, true)
    expect(mistakes()[0]).toMatch(/^a\.yaml:\d+ {2}syntax$/)
    expect(names()).toEqual(['a'])
    await put('a.yaml', route('b'))
    await until(names, ['b'])
    expect(mistakes()).toEqual([])
  })

  test('of two files with one object the first in path order wins', async () => {
    await put('1.yaml', route('a'))
    await put('2.yaml', route('a').replace('host: a', 'host: other'))
    await start()
    expect(mistakes()).toEqual(['2.yaml:1 metadata.name duplicate-object'])
    expect(batches[0]?.rejections[0]?.violations[0]?.message).toBe(
      `VirtualService/default/a is already defined at ${path.join(root, '1.yaml')}:1`,
    )
    await rm(path.join(root, '1.yaml'))
    await until(mistakes, [])
    expect(batches.at(-1)).toMatchObject({ upserts: [{ spec: { http: [{ route: [{ destination: { host: 'other' } }] }] } }], deletes: [] })
  })

  test('the first of two documents in one file wins', async () => {
    await put('a.yaml', `${route('a')}---\n${route('a')}`)
    await start()
    expect(names()).toEqual(['a'])
    expect(mistakes()).toEqual(['a.yaml:11 metadata.name duplicate-object'])
  })

  test('a new folder is watched, and its removal removes its objects', async () => {
    await start()
    await mkdir(path.join(root, 'new/deep'), { recursive: true })
    await put('new/deep/a.yaml', route('a'))
    await until(names, ['a'])
    await rm(path.join(root, 'new'), { recursive: true })
    await until(names, [])
  })

  test('a single file, replaced by renaming', async () => {
    await put('only.yaml', route('a'))
    await put('beside.yaml', route('x'))
    await start('only.yaml')
    expect(names()).toEqual(['a'])
    await put('only.tmp', route('b'))
    await rename(path.join(root, 'only.tmp'), path.join(root, 'only.yaml'))
    await until(names, ['b'])
  })

  test('objects count as created in the order of paths and documents', async () => {
    await put('b.yaml', `${route('b1')}---\n${route('b2')}`)
    await put('a.yaml', route('a'))
    await put('c.yaml', route('c').replace('name: c', 'name: c\n  creationTimestamp: "2020-01-01T00:00:00Z"'))
    await start()
    expect(batches[0]?.upserts.map(({ meta }) => [meta.name, meta.createdAt])).toEqual([
      ['a', 0],
      ['b1', 1000],
      ['b2', 2000],
      ['c', Date.UTC(2020, 0, 1)],
    ])
  })

  test('a bomb of aliases, a file too large and a link to nowhere are refused, the rest is read', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`),
    ]
    await put('bomb.yaml', bomb.join('\n'))
    await put('large.yaml', ' '.repeat(8 * 1024 * 1024 + 1))
    await put('many.yaml', '--- 1\n'.repeat(10_001))
    await put('ok.yaml', route('a'))
    await start()
    expect(names()).toEqual(['a'])
    expect(mistakes()).toEqual(['bomb.yaml:1  syntax', 'large.yaml:1  unreadable', 'many.yaml:1  too-many-documents'])
  })

  test('a root that does not exist says so', async () => {
    source = new StrictSource(new FileSource({ root: path.join(root, 'nowhere'), clock: systemClock }))
    await expect(source.start(() => undefined)).rejects.toMatchObject({
      code: 'CONFIG_NOT_READABLE',
      message: expect.stringContaining('no such file'),
    })
  })

  test('a root that goes away keeps its objects and says so, until it is back', async () => {
    await mkdir(path.join(root, 'conf'))
    await put('conf/a.yaml', route('a'))
    await start('conf')
    await rm(path.join(root, 'conf'), { recursive: true })
    await until(mistakes, ['conf:1  unreadable'])
    expect(names()).toEqual(['a'])
    await mkdir(path.join(root, 'conf'))
    await put('conf/b.yaml', route('b'))
    await until(names, ['b'])
    expect(mistakes()).toEqual([])
  })

  test('a file that becomes empty loses its objects', async () => {
    await put('a.yaml', `${route('a')}---\n${route('b')}`)
    await start()
    await put('a.yaml', '')
    await until(names, [])
    expect(batches.at(-1)?.rejections).toEqual([])
  })

  test('a folder made anew under its old name is watched again', async () => {
    await mkdir(path.join(root, 'sub'))
    await put('sub/a.yaml', route('a'))
    await start()
    for (const name of ['b', 'c', 'd']) {
      await rm(path.join(root, 'sub'), { recursive: true })
      await mkdir(path.join(root, 'sub'))
      await put(`sub/${name}.yaml`, route(name))
      await until(names, [name])
      await put(`sub/${name}.yaml`, route(`${name}2`))
      await until(names, [`${name}2`])
    }
  })

  test('a change arrives within 60 ms', async () => {
    for (let i = 0; i < 50; i++) await put(`f${i}.yaml`, route(`f${i}`))
    await start()
    await new Promise(resolve => setTimeout(resolve, 100))
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = performance.now()
      await put('f7.yaml', route(`g${i}`))
      await until(() => names().includes(`g${i}`), true)
      times.push(performance.now() - before)
    }
    // The best of five: others use the machine too.
    expect(Math.min(...times)).toBeLessThan(60)
  })
})
