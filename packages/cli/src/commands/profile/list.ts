import { type Command, command } from '../../command/command.ts'
import { chartFolder, profileNames, profileSummary } from '../../install/chart-folder.ts'
import { renderTable } from '../../output/table.ts'
import { CHARTS_OPTION } from '../install/value-options.ts'

interface ProfileList {
  readonly profiles: readonly { readonly name: string; readonly summary: string }[]
}

export const profileListCommand: Command = command<{ readonly charts: string | undefined }, ProfileList>({
  name: 'profile list',
  summary: 'sets of values that an installation can begin with',
  args: [],
  options: [CHARTS_OPTION],
  examples: [{ line: 'meshctl profile list', what: 'all profiles and what they are for' }],
  resultKind: 'ProfileList',
  parse: values => ({ charts: values.text('charts') }),
  run: ({ charts }) => {
    const folder = chartFolder(charts)
    return Promise.resolve({ profiles: profileNames(folder).map(name => ({ name, summary: profileSummary(folder, name) })) })
  },
  print: ({ profiles }) =>
    renderTable(
      ['PROFILE', 'FOR'],
      profiles.map(({ name, summary }) => [name, summary]),
    ),
})
