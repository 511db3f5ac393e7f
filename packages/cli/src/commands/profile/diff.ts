import { type Command, command } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { usage } from '../../command/values.ts'
import { planInstall, type ValueFlags } from '../../install/install-values.ts'
import { changeText, diffValues, type FieldChange } from '../../install/object-diff.ts'
import { VALUE_OPTIONS, valueFlagsOf } from '../install/value-options.ts'

interface DiffInput {
  readonly flags: ValueFlags
  readonly from: string
  readonly to: string
}

interface ProfileDiff {
  readonly from: string
  readonly to: string
  readonly changes: readonly FieldChange[]
}

export const profileDiffCommand: Command = command<DiffInput, ProfileDiff>({
  name: 'profile diff',
  summary: 'show which values two profiles set otherwise',
  args: [
    { name: 'from', summary: 'one profile', required: true },
    { name: 'to', summary: 'the other', required: true },
  ],
  options: VALUE_OPTIONS.filter(({ flags }) => !flags.includes('--profile')),
  examples: [{ line: 'meshctl profile diff default prod', what: 'what prod sets otherwise' }],
  resultKind: 'ProfileDiff',
  parse: values => {
    const [from, to] = [values.argument(0), values.argument(1)]
    if (from === undefined || to === undefined) throw usage('name two profiles', 'meshctl profile diff default prod')
    return { flags: valueFlagsOf(values), from, to }
  },
  run: ({ flags, from, to }, { cwd }) => {
    const [before, after] = [planInstall({ ...flags, profile: from }, cwd), planInstall({ ...flags, profile: to }, cwd)]
    return Promise.resolve({ from, to, changes: diffValues(before.effective, after.effective) })
  },
  print: ({ changes }) => (changes.length === 0 ? 'No differences.\n' : `${changes.map(changeText).join('\n')}\n`),
  exitCode: ({ changes }) => (changes.length === 0 ? EXIT.ok : EXIT.bad),
})
