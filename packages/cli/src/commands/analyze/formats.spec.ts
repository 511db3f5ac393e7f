import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runMeshctl } from '../../main.ts'

const BAD_PORT = 'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec:\n  ports:\n    - {name: web, port: 80}\n'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshwork-analyze-'))
  await writeFile(join(folder, 'a.yaml'), BAD_PORT)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function analyze(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const io = { out: (text: string) => void (written.out += text), err: (text: string) => void (written.err += text), color: false }
  return { code: await runMeshctl(['analyze', ...args], io), ...written }
}

describe('analyze', () => {
  it.each([[['-o', 'sarif']], [['--sarif', '--use-kube=false']]])('%j prints SARIF with rule, level and line', async options => {
    const { code, out } = await analyze(folder, ...options)
    expect(code).toBe(0)
    const log: unknown = JSON.parse(out)
    expect(log).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { rules: [{ id: 'IST0118' }] } } }] })
    expect(log).toHaveProperty('runs[0].results[0]', {
      ruleId: 'IST0118',
      ruleIndex: 0,
      level: 'note',
      message: { text: expect.stringContaining('Fix: ') },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: `file://${join(folder, 'a.yaml')}` }, region: { startLine: 6 } },
          logicalLocations: [{ fullyQualifiedName: 'Service/shop/a spec.ports[0]' }],
        },
      ],
    })
  })

  it.each([
    [['--failure-threshold', 'info'], 1],
    [['--failure-threshold', 'warning'], 0],
  ])('%j gives exit code %d for an info', async (options, expected) => {
    expect((await analyze(folder, ...options)).code).toBe(expected)
  })

  it.each([['IST0118=Service/a.shop'], ['IST0118=Service a.shop'], ['IST01*=*'], ['ist0118=service/a.*']])(
    '--suppress %j leaves the finding out and says so',
    async suppression => {
      const { code, out } = await analyze(folder, '--failure-threshold', 'info', '--suppress', suppression)
      expect({ code, out }).toEqual({ code: 0, out: 'no mistakes found in 1 accepted object (1 suppressed)\n' })
    },
  )

  it.each([['IST0118=Service/b.shop'], ['IST0102=*']])('--suppress %j leaves others in', async suppression => {
    expect((await analyze(folder, '--suppress', suppression)).out).toContain('IST0118')
  })

  it('refuses a suppression without an object, naming the form', async () => {
    const { code, err } = await analyze(folder, '--suppress', 'IST0118')
    expect(code).toBe(2)
    expect(err).toContain("'IST0118' is not of the form CODE=Kind/name.namespace")
  })

  it('--output-threshold hides what is less severe', async () => {
    expect((await analyze(folder, '--output-threshold', 'warning')).out).toBe('no mistakes found in 1 accepted object\n')
  })

  it('-L lists what is looked for, and what is not with the missing input', async () => {
    const { code, out } = await analyze('-L')
    expect(code).toBe(0)
    expect(out).toMatch(/^IST0109 +error +ConflictingMeshGatewayVirtualServiceHosts +two VirtualServices/m)
    expect(out).toMatch(/^IST0142 +error +UnsupportedKubernetesVersion +the version of an API server$/m)
  })
})
