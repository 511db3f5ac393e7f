import { stringify } from 'yaml'
import { type Command, command } from '../../command/command.ts'
import { planInstall, type ValueFlags } from '../../install/install-values.ts'
import type { ValueTree } from '../../install/set-values.ts'
import { VALUE_OPTIONS, valueFlagsOf } from '../install/value-options.ts'

interface ShownProfile {
  readonly profile: string
  readonly values: ValueTree
}

export const profileShowCommand: Command = command<ValueFlags, ShownProfile>({
  name: 'profile show',
  summary: 'print all values as they take effect',
  description: 'Values of the charts with those of the profile, of files and of --set. The output can be given to -f, or to Helm.',
  args: [{ name: 'profile', summary: 'one of meshctl profile list (default: that of --profile)' }],
  options: VALUE_OPTIONS,
  examples: [{ line: 'meshctl profile show prod --set pilot.autoscaleMin=3', what: 'what would be installed' }],
  resultKind: 'Profile',
  parse: values => {
    const flags = valueFlagsOf(values)
    return { ...flags, profile: values.argument(0) ?? flags.profile }
  },
  run: (flags, { cwd }) => Promise.resolve({ profile: flags.profile, values: planInstall(flags, cwd).effective }),
  print: ({ values }) => stringify(values),
})
