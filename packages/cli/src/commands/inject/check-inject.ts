import { MeshError } from '@meshwork/core/result'
import type { Fields } from '@meshwork/pilot/inject'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { usage } from '../../command/values.ts'
import type { Style } from '../../output/style.ts'
import { renderTable } from '../../output/table.ts'
import { injectorOfCluster } from './find-injector.ts'
import { KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import { OpenCluster } from './open-cluster.ts'
import { judgeWebhooks, type WebhookVerdict } from './judge-webhooks.ts'
import { workloadObject, type WorkloadObject } from './workload-template.ts'

interface CheckInput {
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  readonly kubeconfig: string | undefined
}

interface CheckResult {
  readonly workload: string
  readonly namespace: string
  readonly webhooks: readonly WebhookVerdict[]
}

/** Words for kinds, as kubectl takes them, with their paths and kinds. */
const KINDS: Readonly<Record<string, readonly [path: string, kind: string, apiVersion: string]>> = {
  pod: ['/api/v1/namespaces/NS/pods', 'Pod', 'v1'],
  deployment: ['/apis/apps/v1/namespaces/NS/deployments', 'Deployment', 'apps/v1'],
  daemonset: ['/apis/apps/v1/namespaces/NS/daemonsets', 'DaemonSet', 'apps/v1'],
  statefulset: ['/apis/apps/v1/namespaces/NS/statefulsets', 'StatefulSet', 'apps/v1'],
  replicaset: ['/apis/apps/v1/namespaces/NS/replicasets', 'ReplicaSet', 'apps/v1'],
  replicationcontroller: ['/api/v1/namespaces/NS/replicationcontrollers', 'ReplicationController', 'v1'],
  job: ['/apis/batch/v1/namespaces/NS/jobs', 'Job', 'batch/v1'],
  cronjob: ['/apis/batch/v1/namespaces/NS/cronjobs', 'CronJob', 'batch/v1'],
}
const SHORT: Readonly<Record<string, string>> = {
  po: 'pod',
  deploy: 'deployment',
  ds: 'daemonset',
  sts: 'statefulset',
  rs: 'replicaset',
  rc: 'replicationcontroller',
  cj: 'cronjob',
}
const HOOKS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'

export const checkInjectCommand: Command = command<CheckInput, CheckResult>({
  name: 'check-inject',
  summary: 'why pods of a workload get a proxy, or why not',
  description:
    'One line for each injection webhook of the cluster: whether it would inject new pods of the workload, and why. Exit code 1 if none would, or more than one.',
  args: [{ name: 'workload', summary: 'deploy/NAME, pod/NAME, job/NAME, …; a name alone is a pod', required: true }],
  options: [{ flags: '-n, --namespace <namespace>', summary: 'of the workload (default: of the kubeconfig)' }, KUBECONFIG_OPTION],
  examples: [
    { line: 'meshctl check-inject deploy/api -n shop', what: 'the webhooks, with their reasons' },
    { line: 'meshctl check-inject pod/api-7d4b9 -o json', what: 'the same for scripts' },
  ],
  resultKind: 'InjectionCheck',
  parse: values => {
    const [first = '', second] = (values.argument(0) ?? '').split('/')
    const word = second === undefined ? 'pod' : first.toLowerCase()
    const kind = SHORT[word] ?? word.replace(/s$/, '')
    if (KINDS[kind] === undefined) throw usage(`'${first}' is no kind that makes pods; there are: ${Object.keys(KINDS).join(', ')}`)
    return { kind, name: second ?? first, namespace: values.text('namespace'), kubeconfig: values.text('kubeconfig') }
  },
  run: check,
  print: printCheck,
  exitCode: ({ webhooks }) => (webhooks.filter(({ injects }) => injects).length === 1 ? EXIT.ok : EXIT.bad),
})

async function check({ kind, name, namespace, kubeconfig }: CheckInput, context: CommandContext): Promise<CheckResult> {
  const cluster = OpenCluster.of(kubeconfig, context)
  const home = namespace ?? cluster.namespace
  const workload = await findWorkload(cluster, kind, name, home)
  const [place, hooks] = await Promise.all([cluster.find(`/api/v1/namespaces/${home}`), cluster.list(HOOKS)])
  const webhooks = await judgeWebhooks(hooks, { workload, namespace: home, namespaceObject: place ?? {} }, (istioNamespace, revision) =>
    injectorOfCluster(cluster, istioNamespace, revision),
  )
  return { workload: `${kind}/${name}`, namespace: home, webhooks }
}

async function findWorkload(cluster: OpenCluster, word: string, name: string, namespace: string): Promise<WorkloadObject> {
  const [path = '', kind = '', apiVersion = ''] = KINDS[word] ?? []
  const object: Fields | undefined = await cluster.find(`${path.replace('NS', namespace)}/${encodeURIComponent(name)}`)
  const workload = object === undefined ? undefined : workloadObject({ ...object, apiVersion, kind })
  if (workload !== undefined) return workload
  throw new MeshError('NOT_FOUND', `namespace ${namespace} has no ${word} ${name}`, {
    source: 'config',
    nextStep: `kubectl get ${word}s -n ${namespace}`,
  })
}

function printCheck({ workload, namespace, webhooks }: CheckResult, style: Style): string {
  if (webhooks.length === 0) return `no webhook injects proxies into this cluster; next: meshctl install\n`
  const rows = webhooks.map(({ webhook, revision, injects, reason }) => [
    webhook,
    revision,
    injects ? style.good('✔') : style.bad('✘'),
    reason,
  ])
  const yes = webhooks.filter(({ injects }) => injects).length
  const twice =
    yes > 1 ? `${style.bad('!')} ${yes} webhooks would inject ${workload} in ${namespace}; remove one of the labels that choose them\n` : ''
  return `${renderTable(['WEBHOOK', 'REVISION', 'INJECTED', 'REASON'], rows)}${twice}`
}
