import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type AskedFor, askedByAccounts } from '../cluster/role-use.ts'

/** Service accounts of the mesh, by the names that the charts give them. */
export const MESH_ACCOUNTS: readonly string[] = [
  ...['istiod', 'istio-citadel', 'istio-policy', 'istio-telemetry', 'istio-cni-node'],
  ...['istio-ingressgateway-service-account', 'istio-egressgateway-service-account'],
]

const RECORDS = fileURLToPath(new URL('../../../test-results/rights', import.meta.url))

/** Keeps what the accounts of the mesh asked the API server of a scenario's cluster for, before its audit log goes with it. */
export function recordRights(scenario: string, auditLog: string): void {
  if (!/^[\w-]+$/.test(scenario)) throw new Error(`not a name of a scenario: ${scenario}`)
  // A world that was lost on purpose is taken down once more at the end.
  if (!existsSync(auditLog)) return
  mkdirSync(RECORDS, { recursive: true })
  const asked = askedByAccounts(readFileSync(auditLog, 'utf8'), new Set(MESH_ACCOUNTS))
  writeFileSync(join(RECORDS, `${scenario}.json`), JSON.stringify(Object.fromEntries(asked)))
}

export interface RightsRecord {
  readonly scenarios: readonly string[]
  readonly asked: (account: string) => readonly AskedFor[]
}

/** What all scenarios that ran recorded. */
export function recordedRights(): RightsRecord {
  mkdirSync(RECORDS, { recursive: true })
  const files = readdirSync(RECORDS)
  const records = files.map((file): Record<string, readonly AskedFor[]> => JSON.parse(readFileSync(join(RECORDS, file), 'utf8')))
  return { scenarios: files.map(file => file.replace('.json', '')), asked: account => records.flatMap(record => record[account] ?? []) }
}
