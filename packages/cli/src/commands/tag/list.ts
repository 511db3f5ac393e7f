import { type Command, command } from '../../command/command.ts'
import { clusterOf, KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import { listTags, type RevisionTag } from '../../install/revision-tags.ts'
import { renderTable } from '../../output/table.ts'
import { NAMESPACE_OPTION, namespaceOf } from '../install/value-options.ts'

export const tagListCommand: Command = command<
  { readonly namespace: string; readonly kubeconfig: string | undefined },
  { readonly tags: readonly RevisionTag[] }
>({
  name: 'tag list',
  summary: 'stable names of revisions, where they lead, and which namespaces follow them',
  args: [],
  options: [NAMESPACE_OPTION, KUBECONFIG_OPTION],
  examples: [{ line: 'meshctl tag list', what: 'tags of the control planes in istio-system' }],
  resultKind: 'RevisionTags',
  parse: values => ({ namespace: namespaceOf(values), kubeconfig: values.text('kubeconfig') }),
  run: async ({ namespace, kubeconfig }, context) => {
    const cluster = clusterOf(kubeconfig, context)
    await cluster.version()
    return { tags: await listTags(cluster, namespace) }
  },
  print: ({ tags }) =>
    tags.length === 0
      ? 'No tags. Next: meshctl tag set prod --revision <name>\n'
      : renderTable(
          ['TAG', 'REVISION', 'NAMESPACES', 'OWNER'],
          tags.map(({ tag, revision, namespaces, owner }) => [tag, revision, namespaces.join(', '), owner ?? 'meshctl']),
        ),
})
