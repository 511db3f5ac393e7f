import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runMeshctl } from '../../main.ts'

const GOOD = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n'
const TYPO = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: reviews\nspec:\n  hsts: [reviews]\n'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshwork-analyze-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function analyze(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const io = { out: (text: string) => void (written.out += text), err: (text: string) => void (written.err += text), color: false }
  return { code: await runMeshctl(['analyze', ...args], io), ...written }
}

describe('analyze', () => {
  it('finds nothing in good files', async () => {
    await writeFile(join(folder, 'a.yaml'), GOOD)
    expect(await analyze(folder)).toEqual({ code: 0, out: 'no mistakes found in 1 accepted object\n', err: '' })
  })

  it('names file, line, object, path and the nearest name; exit code 1', async () => {
    await writeFile(join(folder, 'a.yaml'), `${GOOD}---\n${TYPO}`)
    const { code, out } = await analyze(folder)
    expect(code).toBe(1)
    expect(out).toContain(
      `${join(folder, 'a.yaml')}:10: error IST0106 SchemaValidationError: VirtualService/default/reviews spec.hsts: unknown field 'hsts'\n    fix: did you mean 'hosts'?\n`,
    )
  })

  it('takes options after files, and prints a stable shape', async () => {
    await writeFile(join(folder, 'a.yaml'), TYPO)
    const { out } = await analyze(join(folder, 'a.yaml'), '-o', 'json')
    const result: unknown = JSON.parse(out)
    expect(result).toMatchObject({ apiVersion: 'meshctl.meshwork.dev/v1', kind: 'Analysis', objects: 0, threshold: 'error' })
    expect(result).toHaveProperty('findings[0]', {
      file: join(folder, 'a.yaml'),
      line: 6,
      severity: 'error',
      code: 'IST0106',
      name: 'SchemaValidationError',
      object: 'VirtualService/default/reviews',
      path: 'spec.hsts',
      message: "unknown field 'hsts'",
      remedy: "did you mean 'hosts'?",
    })
  })

  it('sees what is wrong between files: a route to a subset that nobody defines', async () => {
    const destination = '{host: reviews, subset: v9}'
    await writeFile(
      join(folder, 'a.yaml'),
      TYPO.replace('hsts: [reviews]', `hosts: [reviews]\n  http: [{route: [{destination: ${destination}}]}]`),
    )
    await writeFile(
      join(folder, 'b.yaml'),
      'apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {ports: [{name: http, port: 80}]}\n',
    )
    const { code, out } = await analyze(folder)
    expect(code).toBe(1)
    expect(out).toMatch(/a\.yaml:7: error IST0101 .*v9/)
  })

  it('knows the services of a mesh file: the sample has no findings', async () => {
    const sample = fileURLToPath(new URL('../../../../../examples/bookinfo', import.meta.url))
    expect(await analyze(join(sample, 'mesh.yaml'))).toMatchObject({ code: 0, out: expect.stringContaining('no mistakes found') })
    expect(await analyze(sample)).toMatchObject({ code: 0, out: expect.stringContaining('no mistakes found') })
    expect(await analyze(join(sample, 'config'))).toMatchObject({
      code: 1,
      out: expect.stringContaining("there is no host 'reviews.default"),
    })
  })

  it('goes on after broken YAML', async () => {
    await writeFile(join(folder, 'a.yaml'), 'a: [1')
    await writeFile(join(folder, 'b.yaml'), GOOD)
    const { code, out } = await analyze(folder)
    expect(code).toBe(1)
    expect(out).toMatch(/a\.yaml:1: error IST0106 SchemaValidationError: .*\n    fix: .*\n1 error in 1 accepted object\n$/)
  })

  it('cannot read what is not there', async () => {
    const { code, err } = await analyze(join(folder, 'gone'))
    expect(code).toBe(3)
    expect(err).toMatch(/^error CONFIG_NOT_READABLE: cannot read .*gone: there is no such file or directory; next: /)
  })
})
