import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { clusterPrograms } from '../cluster/cluster-programs.ts'
import { type RoleRule, unusedRights } from '../cluster/role-use.ts'
import { MESH_ACCOUNTS, recordedRights } from './rights-record.ts'
import { CHARTS } from './run-in-world.ts'

interface Rights {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules?: readonly RoleRule[]
  readonly roleRef?: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly { readonly name: string }[]
}

const EVERYTHING = ['cni.enabled', 'mixer.policy.enabled', 'mixer.telemetry.enabled', 'gateways.istio-egressgateway.enabled'].flatMap(
  value => ['--set', `${value}=true`],
)

async function rolesOfTheChart(): Promise<readonly Rights[]> {
  const { helm } = await clusterPrograms(() => undefined)
  const args = ['template', 'mesh', join(CHARTS, 'mesh'), '--namespace', 'istio-system', '--kube-version', '1.34.0', ...EVERYTHING]
  const { stdout } = await promisify(execFile)(helm, args, { maxBuffer: 2 ** 27 })
  return parseAllDocuments(stdout, { version: '1.1' }).flatMap(document => {
    const item: Rights | null = document.toJS()
    return item !== null && /^(Cluster)?Role(Binding)?$/.test(item.kind) ? [item] : []
  })
}

function rulesOf(account: string, roles: readonly Rights[]): readonly RoleRule[] {
  const bound = roles.filter(({ subjects = [] }) => subjects.some(({ name }) => name === account))
  return bound.flatMap(
    ({ roleRef }) => roles.find(({ kind, metadata }) => kind === roleRef?.kind && metadata.name === roleRef.name)?.rules ?? [],
  )
}

/** Runs after all others of the suite, whose records it reads. */
describe('rights of components', () => {
  let roles: readonly Rights[] = []

  beforeAll(async () => {
    roles = await rolesOfTheChart()
  }, 900_000)

  test.each(MESH_ACCOUNTS)('%s has no right that no scenario exercised, by the audit logs of the API servers', account => {
    const { scenarios, asked } = recordedRights()
    expect(scenarios.length, 'records of scenarios: run the whole suite, npm run e2e -- kube').toBeGreaterThan(5)
    expect(unusedRights(rulesOf(account, roles), asked(account))).toEqual([])
  })
})
