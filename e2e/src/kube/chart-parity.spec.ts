import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { clusterPrograms } from '../cluster/cluster-programs.ts'
import { CHARTS, MESHCTL } from './run-in-world.ts'

const PROFILES = fileURLToPath(new URL('../../../charts/mesh/profiles', import.meta.url))
const KUBE_VERSION = '1.34.0'

interface Item {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** Helm and meshctl render the same charts; Helm is the one that everybody else has. Needs no cluster. */
describe('charts (part 10)', () => {
  let helm = ''

  beforeAll(async () => {
    helm = (await clusterPrograms(() => undefined)).helm
  }, 900_000)

  async function run(program: string, args: readonly string[]): Promise<string> {
    return (await promisify(execFile)(program, args, { maxBuffer: 2 ** 27 })).stdout
  }

  async function byHelm(chart: string, ...values: readonly string[]): Promise<readonly Item[]> {
    const text = await run(helm, ['template', chart, join(CHARTS, chart), '--namespace', 'mesh', '--kube-version', KUBE_VERSION, ...values])
    // YAML 1.1, as Helm and API servers read it.
    return parseAllDocuments(text, { version: '1.1' }).flatMap(document => (document.contents === null ? [] : [document.toJS() as Item]))
  }

  test.each(['base', 'mesh', 'gateway'])('helm lint finds nothing wrong with %s', async chart => {
    expect(await run(helm, ['lint', join(CHARTS, chart), '--strict', '--kube-version', KUBE_VERSION])).toContain('0 chart(s) failed')
  })

  test.each(readdirSync(PROFILES).map(file => file.replace('.yaml', '')))(
    'meshctl and helm render the same objects for profile %s',
    async profile => {
      const file = join(PROFILES, `${profile}.yaml`)
      const expected = [...(await byHelm('base')), ...(await byHelm('mesh', '-f', file))]
      const args = [
        MESHCTL,
        'manifest',
        'generate',
        '--profile',
        profile,
        '--namespace',
        'mesh',
        '--kube-version',
        `v${KUBE_VERSION}`,
        '-o',
        'json',
      ]
      const { items }: { items: readonly Item[] } = JSON.parse(
        (await run(process.execPath, args)).replaceAll(/("app\.kubernetes\.io\/managed-by": )"meshwork"/g, '$1"Helm"'),
      )
      expect(items.length).toBeGreaterThan(80)
      expect(byName(items)).toEqual(byName(expected))
    },
  )

  test('the gateway stands alone, with its budget and the right of pilot to read its credentials', async () => {
    const kinds = (await byHelm('gateway', '--set', 'revision=canary')).map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['Deployment', 'PodDisruptionBudget', 'Role', 'RoleBinding', 'Service', 'ServiceAccount'])
  })

  test.each([
    ['mesh', 'pilot.replcas=1'],
    ['mesh', 'gateways.istio-ingressgateway.typ=x'],
    ['mesh', 'revision=Not_A_Name'],
    ['base', 'excludeCRDs={}'],
    ['gateway', 'service.typ=x'],
  ])('chart %s refuses %s', async (chart, set) => {
    await expect(byHelm(chart, '--set', set)).rejects.toThrow("values don't meet the specifications of the schema(s)")
  })
})

function byName(items: readonly Item[]): Readonly<Record<string, Item>> {
  return Object.fromEntries(items.map(item => [`${item.kind} ${item.metadata.namespace ?? ''}/${item.metadata.name}`, item]))
}
