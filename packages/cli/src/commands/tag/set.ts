import { stringify } from 'yaml'
import { type Command, command } from '../../command/command.ts'
import { setTag, type TagChange } from '../../install/revision-tags.ts'
import { REVISION_OPTIONS, type RevisionInput, revisionInputOf, revisionNameOf, revisionPlaceOf } from '../revision/revision-options.ts'

interface TagSetInput extends RevisionInput {
  readonly tag: string
  readonly revision: string
  readonly overwrite: boolean
  readonly isDryRun: boolean
}

interface TagSetResult extends TagChange {
  readonly isDryRun: boolean
}

const EXAMPLE = 'meshctl tag set prod --revision 0-2-0'

export const tagSetCommand: Command = command<TagSetInput, TagSetResult>({
  name: 'tag set',
  summary: 'let a stable name lead to a revision; namespaces labelled istio.io/rev=<tag> follow it',
  description:
    'New pods of these namespaces get sidecars of the revision; pods that run keep theirs until they are restarted. The tag `default` ' +
    'takes namespaces labelled istio-injection=enabled.',
  args: [{ name: 'tag', summary: 'the name', required: true }],
  options: [
    { flags: '--revision <name>', summary: 'where it leads' },
    { flags: '--overwrite', summary: 'also if it leads elsewhere now' },
    { flags: '--dry-run', summary: 'let the cluster check it and change nothing' },
    ...REVISION_OPTIONS,
  ],
  examples: [
    { line: EXAMPLE, what: 'makes the tag prod' },
    { line: 'meshctl tag set prod --revision 0-3-0 --overwrite', what: 'moves all namespaces that follow it' },
    { line: `${EXAMPLE} --dry-run -o yaml`, what: 'prints the webhook, for those who keep everything in Git' },
  ],
  resultKind: 'RevisionTagChange',
  parse: values => ({
    ...revisionInputOf(values),
    tag: revisionNameOf(values.argument(0) ?? '', 'tag', EXAMPLE),
    revision: revisionNameOf(values.text('revision') ?? '', '--revision', EXAMPLE),
    overwrite: values.flag('overwrite'),
    isDryRun: values.flag('dryRun'),
  }),
  run: async (input, context) => {
    const { tag, revision, overwrite, isDryRun } = input
    const place = await revisionPlaceOf(input, context, isDryRun)
    return { ...(await setTag(place, tag, revision, overwrite)), isDryRun }
  },
  print: setText,
  formats: { yaml: ({ objects }) => objects.map(object => `---\n${stringify(object, { aliasDuplicateObjects: false })}`).join('') },
})

function setText({ tag, revision, before, namespaces, isDryRun }: TagSetResult): string {
  const from = before === null || before === revision ? '' : `, and no longer to ${before}`
  const lines = [`Tag ${tag} ${isDryRun ? 'would lead' : 'leads'} to revision ${revision}${from}.`]
  if (namespaces.length === 0) lines.push(`Next: kubectl label namespace <name> istio.io/rev=${tag} --overwrite`)
  else lines.push(`Restart workloads of ${namespaces.join(', ')} when it suits: kubectl rollout restart deployment -n <name>`)
  return `${lines.join('\n')}\n`
}
