import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import type { CheckResult } from '../check/check.ts'
import { runChecks } from '../check/checks.ts'
import { readCluster } from '../check/read-cluster.ts'

/** What `meshctl check` would say now, without what is all right. */
export interface InstallationChecks {
  readonly ok: number
  readonly findings: readonly CheckResult[]
}

export interface CheckedPlace {
  readonly namespace: string
  readonly revision: string
  readonly version: string
  readonly clock: Clock
}

export async function checkInstallation(
  client: KubeClient,
  { namespace, revision, version, clock }: CheckedPlace,
): Promise<InstallationChecks> {
  const view = await readCluster(client, { namespace, revision, cliVersion: version, clock, progress: () => undefined })
  const checks = runChecks(view, 'post')
  return {
    ok: checks.filter(({ outcome }) => outcome === 'ok').length,
    findings: checks.filter(({ outcome }) => outcome === 'error' || outcome === 'warning'),
  }
}
