import { stringify } from 'yaml'
import { type Command, command } from '../../command/command.ts'
import { type InstallPlan, planInstall, type ValueFlags } from '../../install/install-values.ts'
import { installSteps } from '../../install/install-steps.ts'
import type { KubeObject } from '../../install/kube-object.ts'
import { renderInstall } from '../../install/render-install.ts'
import { VALUE_OPTIONS, valueFlagsOf } from '../install/value-options.ts'

interface GenerateInput {
  readonly values: ValueFlags
  readonly kubeVersion: string
}

interface GenerateResult {
  readonly items: readonly KubeObject[]
}

export const manifestGenerateCommand: Command = command<GenerateInput, GenerateResult>({
  name: 'manifest generate',
  summary: 'print the objects of an installation as YAML; needs no cluster',
  description: 'The same objects that meshctl install applies, in an order in which kubectl can apply them. The namespace must be there.',
  args: [],
  options: [...VALUE_OPTIONS, { flags: '--kube-version <version>', summary: 'of the cluster they are for', default: 'v1.34.0' }],
  examples: [
    { line: 'meshctl manifest generate --profile prod', what: 'objects for those who keep everything in Git' },
    { line: 'meshctl manifest generate | kubectl apply --server-side -f -', what: 'installs without meshctl install' },
  ],
  resultKind: 'Manifest',
  parse: values => ({ values: valueFlagsOf(values), kubeVersion: values.text('kubeVersion') ?? '' }),
  run: ({ values, kubeVersion }, { cwd }) => Promise.resolve({ items: inOrder(planInstall(values, cwd), kubeVersion) }),
  print: asYaml,
  formats: { yaml: asYaml },
})

function inOrder(plan: InstallPlan, kubeVersion: string): readonly KubeObject[] {
  return installSteps(renderInstall(plan, kubeVersion)).flatMap(({ objects }) => objects)
}

function asYaml({ items }: GenerateResult): string {
  return items.map(item => `---\n${stringify(item, { aliasDuplicateObjects: false, lineWidth: 0 })}`).join('')
}
