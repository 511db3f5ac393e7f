import { MeshError } from '@meshwork/core/result'
import { type Command, command, type CommandContext, type OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import { confirm } from '../../install/confirm.ts'
import type { RevisionPlace, RevisionValues } from '../../install/revision.ts'
import { finishUpgrade, promoteUpgrade, rollbackUpgrade, startUpgrade } from '../../install/run-upgrade.ts'
import { progressByNamespace } from '../../install/upgrade-progress.ts'
import { readUpgrade, type UpgradeRecord } from '../../install/upgrade-record.ts'
import { REVISION_OPTIONS, type RevisionInput, revisionInputOf, revisionNameOf, revisionPlaceOf } from '../revision/revision-options.ts'

interface StepInput extends RevisionInput {
  readonly to: string
  readonly isSure: boolean
  readonly values: RevisionValues
}

interface Step {
  readonly name: string
  readonly summary: string
  readonly options?: readonly OptionSpec[]
  readonly needsTo?: boolean
  readonly act: (place: RevisionPlace, input: StepInput, context: CommandContext) => Promise<UpgradeRecord>
  readonly done: (record: UpgradeRecord) => string
}

export const START_OPTIONS: readonly OptionSpec[] = [
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
    options: [{ flags: '-y, --yes', summary: 'do not ask if pods still have sidecars of the old control plane' }],
    act: finishSurely,
    done: ({ from, to }) => `Revision ${to} is the control plane; ${from} is gone.\n`,
  },
]

export const upgradeStepCommands: readonly Command[] = STEPS.map(stepCommand)

function stepCommand({ name, summary, options = [], needsTo = false, act, done }: Step): Command {
  return command<StepInput, UpgradeRecord>({
    name,
    summary,
    args: [],
    options: [...options, ...REVISION_OPTIONS],
    examples: [{ line: `meshctl ${name}${needsTo ? ' --to 0-2-0' : ''}`, what: summary }],
    resultKind: 'Upgrade',
    parse: values => stepInputOf(values, needsTo),
    run: async (input, context) => act(await revisionPlaceOf(input, context), input, context),
    print: done,
  })
}

function stepInputOf(values: Values, needsTo: boolean): StepInput {
  const to = values.text('to') ?? ''
  return {
    ...revisionInputOf(values),
    to: needsTo ? revisionNameOf(to, '--to', 'meshctl upgrade start --to 0-2-0') : '',
    values: { files: values.list('values'), sets: values.list('set') },
    isSure: values.flag('yes'),
  }
}

/** Sidecars of the old control plane go on with what they have, but nobody tells them anything new. */
async function finishSurely(place: RevisionPlace, { isSure }: StepInput, context: CommandContext): Promise<UpgradeRecord> {
  const { cluster, namespace } = place
  const record = await readUpgrade(cluster, namespace)
  const left = record === undefined || isSure ? [] : await progressByNamespace(cluster, namespace, record)
  const old = left.filter(each => each.old > 0).map(each => `${each.namespace} (${each.old})`)
  if (old.length > 0 && !(await confirm(`Pods of ${old.join(', ')} still have old sidecars. Finish?`, context.interrupted()))) {
    throw new MeshError('NOT_CONFIRMED', 'nothing was changed', {
      source: 'config',
      nextStep: 'kubectl rollout restart their workloads; meshctl upgrade status tells how many are left',
    })
  }
  return finishUpgrade(place)
}
