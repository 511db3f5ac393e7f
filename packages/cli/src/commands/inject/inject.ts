import { type Command, command, type CommandContext } from '../../command/command.ts'
import { usage } from '../../command/values.ts'
import type { ReportLine } from './change-text.ts'
import { type EnrolledWorkload, enrolNamespace, printEnrolment } from './enrol-namespace.ts'
import {
  FILE_OPTION,
  findInjector,
  INJECTOR_OPTIONS,
  INJECTOR_VALUE_OPTIONS,
  type InjectorPlace,
  injectorPlace,
  NAMESPACE_OPTION,
  readInput,
  reportText,
} from './inject-options.ts'
import { injectText } from './inject-text.ts'
import { OpenCluster } from './open-cluster.ts'

interface InjectInput {
  readonly what:
    | { readonly kind: 'file'; readonly file: string }
    | { readonly kind: 'namespace'; readonly name: string; readonly restart: boolean }
  readonly namespace: string | undefined
  readonly place: InjectorPlace
}

export interface InjectResult {
  /** What is to be applied; absent where a namespace was enrolled. */
  readonly yaml?: string
  readonly report?: readonly ReportLine[]
  /** Where the configuration of the injector is from. */
  readonly configuration?: string
  readonly workloads?: readonly EnrolledWorkload[]
  readonly namespace?: string
}

export const injectCommand: Command = command<InjectInput, InjectResult>({
  name: 'inject',
  summary: 'adds proxies to the pods of a file, or enrols a namespace',
  description:
    'With -f the objects are printed with proxies in their pods; what makes no pods is printed as it is, byte by byte, and standard error says what happened to each object and why. The configuration is that of the cluster, or of --injection-config, or, without a cluster, of the charts of meshctl with the values given: standard error says so. With ns/NAME the namespace is labelled, so that its new pods get proxies, and the workloads whose pods have none yet are listed; --restart replaces those pods, as a rollout does.',
  args: [{ name: 'ns/NAME', summary: 'a namespace to enrol' }],
  options: [
    FILE_OPTION,
    NAMESPACE_OPTION,
    { flags: '--restart', summary: 'with ns/NAME: roll out the workloads whose pods have no proxy' },
    ...INJECTOR_OPTIONS,
    ...INJECTOR_VALUE_OPTIONS,
  ],
  examples: [
    { line: 'meshctl inject -f app.yaml | kubectl apply -f -', what: 'runs app.yaml in the mesh' },
    {
      line: 'meshctl inject -f app.yaml --set global.hub=registry.example/mesh',
      what: 'needs no cluster: as an installation with this value would',
    },
    { line: 'meshctl inject ns/shop --restart', what: 'new pods of the namespace get proxies, present ones are replaced' },
  ],
  resultKind: 'Injection',
  parse: values => {
    const [target, file] = [values.argument(0), values.text('file')]
    const place = injectorPlace(values)
    const namespace = values.text('namespace')
    if (file !== undefined && target === undefined) return { what: { kind: 'file', file }, namespace, place }
    const name = /^(?:ns|namespace)\/([a-z0-9-]{1,63})$/.exec(target ?? '')?.[1]
    if (file !== undefined || name === undefined) throw usage('name a file with -f, or a namespace as ns/NAME', 'meshctl inject --help')
    return { what: { kind: 'namespace', name, restart: values.flag('restart') }, namespace, place }
  },
  run: inject,
  print: ({ yaml, workloads = [], namespace = '' }, style) => yaml ?? printEnrolment(namespace, workloads, style),
})

async function inject({ what, namespace, place }: InjectInput, context: CommandContext): Promise<InjectResult> {
  if (what.kind === 'namespace') {
    const cluster = OpenCluster.of(place.kubeconfig, context)
    const workloads = await enrolNamespace(cluster, { namespace: what.name, place, restart: what.restart, now: context.clock.now() })
    return { namespace: what.name, workloads }
  }
  const [text, found] = await Promise.all([readInput(what.file, context.cwd), findInjector(place, context)])
  const source = what.file === '-' ? 'standard input' : what.file
  const { text: yaml, report } = injectText(text, { source, namespace: namespace ?? found.namespace, injector: found.injector })
  if (!context.json) context.io.err(`${found.isRendered ? `configuration of ${found.from}\n` : ''}${reportText(report)}`)
  return { yaml, report, configuration: found.from }
}
