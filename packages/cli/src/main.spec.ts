import { describe, expect, it } from 'vitest'
import type { Io } from './command/io.ts'
import { runMeshctl } from './main.ts'

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const io: Io = { out: text => void (written.out += text), err: text => void (written.err += text), color: false }
  return { code: await runMeshctl(argv, io), ...written }
}

describe('runMeshctl', () => {
  it('answers version without a mesh and names the next step', async () => {
    const { code, out, err } = await run('version')
    expect(code).toBe(0)
    expect(out).toMatch(/^meshctl \d+\.\d+\.\d+ /)
    expect(out).toContain('meshctl demo')
    expect(err).toBe('')
  })

  it('prints json with kind and version of the schema', async () => {
    const { out } = await run('version', '-o', 'json')
    expect(JSON.parse(out)).toMatchObject({ apiVersion: 'meshctl.meshwork.dev/v1', kind: 'Version', node: process.versions.node })
  })

  it('reports a typo in one line without a stack', async () => {
    const { code, out, err } = await run('verison')
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toBe("error UNKNOWN_COMMAND: 'meshctl' has no command 'verison', did you mean 'version'?; next: meshctl version --help\n")
  })

  it('reports failures as json when json was asked for', async () => {
    const { code, err } = await run('local', 'up', '-f', 'no-such-mesh.yaml', '-o', 'json')
    expect(code).toBe(3)
    const line = err.split('\n').find(each => each.startsWith('{')) ?? ''
    expect(JSON.parse(line)).toMatchObject({ error: { code: 'MESH_FILE_MISSING' } })
  })

  it.each([['0'], ['65536'], ['x'], ['80.5'], ['-1']])('refuses port %s', async port => {
    const { code, err } = await run('local', 'up', `--gateway-port=${port}`)
    expect(code).toBe(2)
    expect(err).toContain('--gateway-port')
  })
})
