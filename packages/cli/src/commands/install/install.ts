import { type Command, command } from '../../command/command.ts'
import type { CommandContext } from '../../command/command.ts'
import { MeshError } from '@meshwork/core/result'
import type { Values } from '../../command/values.ts'
import type { Style } from '../../output/style.ts'
import { clusterOf } from '../../install/cluster-of-flags.ts'
import { checkInstallation, type InstallationChecks } from '../../install/check-installation.ts'
import { confirm } from '../../install/confirm.ts'
import type { InstallCluster } from '../../install/install-cluster.ts'
import { readRecords, type InstallRecord } from '../../install/install-record.ts'
import { type InstallSummary, summaryOf } from '../../install/install-summary.ts'
import { type InstallPlan, planInstall, type ValueFlags } from '../../install/install-values.ts'
import type { KubeObject } from '../../install/kube-object.ts'
import { renderInstall } from '../../install/render-install.ts'
import { type InstallOutcome, runInstall } from '../../install/run-install.ts'
import { besideOthers, sharingRevision } from '../../install/shared-components.ts'
import { installText } from './install-text.ts'
import { CLUSTER_OPTIONS, durationOf, VALUE_OPTIONS, valueFlagsOf } from './value-options.ts'

interface InstallInput {
  readonly values: ValueFlags
  readonly kubeconfig: string | undefined
  readonly isSure: boolean
  readonly isDryRun: boolean
  readonly showsDiff: boolean
  readonly adopt: boolean
  readonly readinessLimitMs: number
}

export interface InstallResult extends InstallOutcome {
  readonly version: string
  readonly profile: string
  readonly namespace: string
  readonly revision: string
  readonly isDryRun: boolean
  readonly showsDiff: boolean
  readonly summary: InstallSummary
  /** null: nothing was waited for, so nothing can be right yet. */
  readonly checks: InstallationChecks | null
}

export const installCommand: Command = command<InstallInput, InstallResult>({
  name: 'install',
  summary: 'put the mesh onto a cluster, or bring what is there to these values',
  description:
    'Renders the Helm charts and applies them on the server, component by component, waiting until each is ready. Can be repeated and ' +
    'interrupted. Objects of other owners are never changed unless --adopt is given.',
  args: [],
  options: [
    ...VALUE_OPTIONS,
    ...CLUSTER_OPTIONS,
    { flags: '--diff', summary: 'show which fields change' },
    { flags: '--adopt', summary: 'take over objects that belong to somebody else' },
    { flags: '--readiness-timeout <time>', summary: 'how long each component may take; 0s: do not wait', default: '5m' },
  ],
  examples: [
    { line: 'meshctl install --dry-run --diff', what: 'shows what would be made and changed' },
    { line: 'meshctl install --profile demo -y', what: 'everything there is, without a question' },
    { line: 'meshctl install --set global.mtls.enabled=true', what: 'refuses plain text between workloads' },
  ],
  resultKind: 'Installation',
  parse: installInputOf,
  run: (input, context) => installWith(input, context),
  print: (result, style: Style) => installText(result, style),
})

function installInputOf(values: Values): InstallInput {
  return {
    values: valueFlagsOf(values),
    kubeconfig: values.text('kubeconfig'),
    isSure: values.flag('yes'),
    isDryRun: values.flag('dryRun'),
    showsDiff: values.flag('diff'),
    adopt: values.flag('adopt'),
    readinessLimitMs: durationOf(values, 'readinessTimeout'),
  }
}

async function installWith(input: InstallInput, context: CommandContext): Promise<InstallResult> {
  // Values that cannot be are told before a cluster is asked.
  const alone = planInstall(input.values, context.cwd)
  const cluster = clusterOf(input.kubeconfig, context)
  const kubeVersion = await cluster.version()
  const records = await readRecords(cluster, alone.namespace)
  const sharing = await sharingRevision(cluster, alone.namespace)
  const plan = planInstall(input.values, context.cwd, besideOthers(sharing, alone.revision))
  const objects = renderInstall(plan, kubeVersion)
  if (!input.isDryRun && !input.isSure) await ask(cluster, plan, records, context)
  const outcome = await runInstall(cluster, plan, objects, {
    ...input,
    clock: context.clock,
    progress: line => context.io.err(`${line}\n`),
  })
  const isComplete = !input.isDryRun && input.readinessLimitMs > 0
  const place = { namespace: plan.namespace, revision: plan.revision, version: plan.version, clock: context.clock }
  const checks = isComplete ? await checkInstallation(cluster.client, place) : null
  return { ...resultOf(plan, objects, outcome, input), checks }
}

async function ask(cluster: InstallCluster, plan: InstallPlan, records: readonly InstallRecord[], context: CommandContext): Promise<void> {
  const before = records.find(({ revision }) => revision === plan.revision)
  const from = before === undefined ? '' : ` (there is ${before.version}, profile ${before.profile})`
  const what = `Meshwork ${plan.version}, profile ${plan.profile}, revision ${plan.revision}, into namespace ${plan.namespace} of ${cluster.server}${from}`
  if (await confirm(`Install ${what}?`, context.interrupted())) return
  throw new MeshError('NOT_CONFIRMED', 'nothing was changed', {
    source: 'config',
    nextStep: 'meshctl install --dry-run --diff shows what would be',
  })
}

function resultOf(
  plan: InstallPlan,
  objects: readonly KubeObject[],
  outcome: InstallOutcome,
  input: InstallInput,
): Omit<InstallResult, 'checks'> {
  const { version, profile, namespace, revision } = plan
  return {
    version,
    profile,
    namespace,
    revision,
    isDryRun: input.isDryRun,
    showsDiff: input.showsDiff,
    summary: summaryOf(objects),
    ...outcome,
  }
}
