import { MeshError } from '@meshwork/core/result'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import { clusterOf } from '../../install/cluster-of-flags.ts'
import { confirm } from '../../install/confirm.ts'
import type { InstallRecord } from '../../install/install-record.ts'
import { summaryOf } from '../../install/install-summary.ts'
import { type InstallPlan, planInstall, type ValueFlags } from '../../install/install-values.ts'
import { renderInstall } from '../../install/render-install.ts'
import { recordOfRevision } from '../../install/revision.ts'
import { runInstall } from '../../install/run-install.ts'
import { refuseObstacles, upgradeObstacles } from '../../install/upgrade-obstacles.ts'
import type { InstallResult } from '../install/install.ts'
import { installText } from '../install/install-text.ts'
import { CLUSTER_OPTIONS, durationOf, VALUE_OPTIONS, valueFlagsOf } from '../install/value-options.ts'

interface InPlaceInput {
  readonly values: ValueFlags
  readonly revision: string
  readonly kubeconfig: string | undefined
  readonly isSure: boolean
  readonly isDryRun: boolean
  readonly showsDiff: boolean
  readonly readinessLimitMs: number
}

export const upgradeInPlaceCommand: Command = command<InPlaceInput, InstallResult>({
  name: 'upgrade',
  summary: 'bring an installation to the version of this meshctl; its values stay',
  description:
    'In place: pods are replaced one by one. With subcommands (plan, start, status, promote, rollback, finish) a new control plane is put ' +
    'beside the old one instead, and can be left again at any time.',
  args: [],
  options: [
    ...VALUE_OPTIONS.filter(({ flags }) => !flags.includes('--profile')),
    ...CLUSTER_OPTIONS,
    { flags: '--revision <name>', summary: 'which control plane', default: 'default' },
    { flags: '--diff', summary: 'show which fields change' },
    { flags: '--readiness-timeout <time>', summary: 'how long each component may take; 0s: do not wait', default: '5m' },
  ],
  examples: [
    { line: 'meshctl upgrade --dry-run --diff', what: 'what the new version changes' },
    { line: 'meshctl upgrade -y', what: 'does it' },
  ],
  resultKind: 'Installation',
  parse: inputOf,
  run: upgradeInPlace,
  print: installText,
})

function inputOf(values: Values): InPlaceInput {
  return {
    values: valueFlagsOf(values),
    revision: values.text('revision') ?? 'default',
    kubeconfig: values.text('kubeconfig'),
    isSure: values.flag('yes'),
    isDryRun: values.flag('dryRun'),
    showsDiff: values.flag('diff'),
    readinessLimitMs: durationOf(values, 'readinessTimeout'),
  }
}

async function upgradeInPlace(input: InPlaceInput, context: CommandContext): Promise<InstallResult> {
  const { isDryRun, showsDiff, readinessLimitMs, values } = input
  const cluster = clusterOf(input.kubeconfig, context)
  const kubeVersion = await cluster.version()
  const before = await recordOfRevision(cluster, values.namespace, input.revision)
  const plan = planInstall({ ...values, profile: before.profile }, context.cwd, before.given)
  refuseObstacles(upgradeObstacles(before, plan.version, undefined, undefined))
  if (!isDryRun && !input.isSure) await ask(plan, before, context)
  const objects = renderInstall(plan, kubeVersion)
  const progress = (line: string): void => context.io.err(`${line}\n`)
  const outcome = await runInstall(cluster, plan, objects, { isDryRun, adopt: false, readinessLimitMs, clock: context.clock, progress })
  const { version, profile, namespace, revision } = plan
  return { version, profile, namespace, revision, isDryRun, showsDiff, summary: summaryOf(objects), checks: null, ...outcome }
}

async function ask({ version, namespace, revision }: InstallPlan, before: InstallRecord, context: CommandContext): Promise<void> {
  if (await confirm(`Upgrade revision ${revision} in ${namespace} from ${before.version} to ${version}?`, context.interrupted())) return
  throw new MeshError('NOT_CONFIRMED', 'nothing was changed', {
    source: 'config',
    nextStep: 'meshctl upgrade --dry-run --diff shows what would be',
  })
}
