import type { CommandContext, OptionSpec, Command } from '../../command/command.ts'
import { command } from '../../command/command.ts'
import { usage, type Values } from '../../command/values.ts'
import { clusterOf, KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import {
  finishUpgrade,
  promoteUpgrade,
  rollbackUpgrade,
  startUpgrade,
  type UpgradePlace,
  type UpgradeValues,
} from '../../install/run-upgrade.ts'
import type { UpgradeRecord } from '../../install/upgrade-record.ts'
import { CHARTS_OPTION, durationOf, NAMESPACE_OPTION, namespaceOf } from '../install/value-options.ts'

interface StepInput {
  readonly namespace: string
  readonly kubeconfig: string | undefined
  readonly charts: string | undefined
  readonly readinessLimitMs: number
  readonly to: string
  readonly values: UpgradeValues
}

interface Step {
  readonly name: string
  readonly summary: string
  readonly options?: readonly OptionSpec[]
  readonly needsTo?: boolean
  readonly act: (place: UpgradePlace, input: StepInput) => Promise<UpgradeRecord>
  readonly done: (record: UpgradeRecord) => string
}

const START_OPTIONS: readonly OptionSpec[] = [
  { flags: '--to <revision>', summary: 'name of the new revision: 0-2-0' },
  {
    flags: '-f, --values <file>',
    summary: 'YAML with values that differ from those of the installation; may be repeated',
    repeatable: true,
  },
  { flags: '-s, --set <path=value>', summary: 'one value that differs; may be repeated', repeatable: true },
]

const STEPS: readonly Step[] = [
  {
    name: 'upgrade start',
    summary: 'put the new control plane beside the one that runs; nothing moves to it yet',
    options: START_OPTIONS,
    needsTo: true,
    act: (place, { to, values }) => startUpgrade(place, to, values),
    done: ({ from, to }) =>
      `Revision ${to} runs beside ${from}. Try it: kubectl label namespace <name> istio.io/rev=${to} --overwrite and restart its pods.\nNext: meshctl upgrade promote, or rollback\n`,
  },
  {
    name: 'upgrade promote',
    summary: 'new pods get sidecars of the new control plane',
    act: place => promoteUpgrade(place),
    done: ({ to }) =>
      `New pods get sidecars of ${to}. Restart workloads (kubectl rollout restart); meshctl upgrade status tells how many are left.\nNext: meshctl upgrade finish, or rollback\n`,
  },
  {
    name: 'upgrade rollback',
    summary: 'back to the old control plane, at any time before finish',
    act: place => rollbackUpgrade(place),
    done: ({ from, to }) => `Revision ${to} is gone, new pods get sidecars of ${from}. Restart pods that have one of ${to}.\n`,
  },
  {
    name: 'upgrade finish',
    summary: 'the new control plane takes over what both shared, and the old one goes',
    act: place => finishUpgrade(place),
    done: ({ from, to }) => `Revision ${to} is the control plane; ${from} is gone.\n`,
  },
]

export const upgradeStepCommands: readonly Command[] = STEPS.map(stepCommand)

function stepCommand({ name, summary, options = [], needsTo = false, act, done }: Step): Command {
  return command<StepInput, UpgradeRecord>({
    name,
    summary,
    args: [],
    options: [
      ...options,
      NAMESPACE_OPTION,
      CHARTS_OPTION,
      KUBECONFIG_OPTION,
      { flags: '--readiness-timeout <time>', summary: 'how long each component may take; 0s: do not wait', default: '5m' },
    ],
    examples: [{ line: `meshctl ${name}${needsTo ? ' --to 0-2-0' : ''}`, what: summary }],
    resultKind: 'Upgrade',
    parse: values => stepInputOf(values, needsTo),
    run: async (input, context) => act(await placeOf(input, context), input),
    print: done,
  })
}

function stepInputOf(values: Values, needsTo: boolean): StepInput {
  const to = values.text('to') ?? ''
  if (needsTo && !/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(to)) {
    throw usage(`--to: '${to}' is no name of a revision; write lower-case letters, digits and hyphens`, 'meshctl upgrade start --to 0-2-0')
  }
  return {
    namespace: namespaceOf(values),
    kubeconfig: values.text('kubeconfig'),
    charts: values.text('charts'),
    readinessLimitMs: durationOf(values, 'readinessTimeout'),
    to,
    values: { files: values.list('values'), sets: values.list('set') },
  }
}

async function placeOf({ namespace, kubeconfig, charts, readinessLimitMs }: StepInput, context: CommandContext): Promise<UpgradePlace> {
  const cluster = clusterOf(kubeconfig, context)
  const progress = (line: string): void => context.io.err(`${line}\n`)
  const options = { isDryRun: false, adopt: false, readinessLimitMs, clock: context.clock, progress }
  return { cluster, namespace, kubeVersion: await cluster.version(), charts, cwd: context.cwd, options }
}
