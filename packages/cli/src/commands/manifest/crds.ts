import { customResourceDefinitions, type CustomResourceDefinition } from '@meshwork/config/crds'
import { stringify } from 'yaml'
import { type Command, command } from '../../command/command.ts'

interface CrdsResult {
  readonly items: readonly CustomResourceDefinition[]
}

export const manifestCrdsCommand: Command = command<object, CrdsResult>({
  name: 'manifest crds',
  summary: 'print the custom resource definitions of all kinds; needs no mesh',
  description:
    'Prints YAML for kubectl apply --server-side. Groups, kinds, versions and short names are those of Istio; objects of Istio apply unchanged.',
  args: [],
  options: [],
  examples: [{ line: 'meshctl manifest crds | kubectl apply --server-side -f -', what: 'teaches a cluster the kinds of the mesh' }],
  resultKind: 'CustomResourceDefinitions',
  parse: () => ({}),
  run: () => Promise.resolve({ items: customResourceDefinitions() }),
  // Versions share one schema, and each is written out: kubectl knows no anchors.
  print: ({ items }) => items.map(item => `---\n${stringify(item, { aliasDuplicateObjects: false, lineWidth: 0 })}`).join(''),
})
