import { MeshError } from '@meshwork/core/result'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { confirm } from '../../install/confirm.ts'
import { listTags, removeTag, type RevisionTag } from '../../install/revision-tags.ts'
import { REVISION_OPTIONS, type RevisionInput, revisionInputOf, revisionNameOf, revisionPlaceOf } from '../revision/revision-options.ts'

interface TagRemoveInput extends RevisionInput {
  readonly tag: string
  readonly isSure: boolean
}

export const tagRemoveCommand: Command = command<TagRemoveInput, RevisionTag>({
  name: 'tag remove',
  summary: 'take a stable name of a revision away; asks if namespaces still follow it',
  args: [{ name: 'tag', summary: 'the name', required: true }],
  options: [{ flags: '-y, --yes', summary: 'do not ask' }, ...REVISION_OPTIONS],
  examples: [{ line: 'meshctl tag remove canary', what: 'new pods of namespaces that follow it get no sidecar any more' }],
  resultKind: 'RevisionTag',
  parse: values => ({
    ...revisionInputOf(values),
    tag: revisionNameOf(values.argument(0) ?? '', 'tag', 'meshctl tag remove canary'),
    isSure: values.flag('yes'),
  }),
  run: async (input, context) => {
    const place = await revisionPlaceOf(input, context)
    const tag = (await listTags(place.cluster, place.namespace)).find(each => each.tag === input.tag)
    if (tag === undefined) throw unknown(input)
    if (!input.isSure && tag.namespaces.length > 0) await ask(tag, context)
    await removeTag(place, tag)
    return tag
  },
  print: ({ tag, revision, namespaces }) => {
    const left = namespaces.length === 0 ? '' : `New pods of ${namespaces.join(', ')} get no sidecar until they are labelled otherwise.\n`
    return `Tag ${tag} is gone; it led to revision ${revision}.\n${left}`
  },
})

async function ask({ tag, namespaces }: RevisionTag, context: CommandContext): Promise<void> {
  const followers = namespaces.join(', ')
  if (await confirm(`${followers} follow tag ${tag}: new pods would get no sidecar. Remove it?`, context.interrupted())) return
  throw new MeshError('NOT_CONFIRMED', 'nothing was changed', {
    source: 'config',
    nextStep: `kubectl label namespace ${namespaces[0] ?? '<name>'} istio.io/rev=<revision> --overwrite first`,
  })
}

function unknown({ tag, namespace }: TagRemoveInput): MeshError {
  return new MeshError('TAG_UNKNOWN', `there is no tag ${tag} in ${namespace}`, { source: 'config', nextStep: 'meshctl tag list' })
}
