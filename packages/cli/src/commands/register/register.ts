import { fieldsOf, type KubeAnswer, KubeClient, textOf } from '@meshwork/kube/client'
import { MeshError } from '@meshwork/core/result'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { type Values, usage } from '../../command/values.ts'
import { KUBECONFIG_OPTION, kubeconfigFile } from '../../install/cluster-of-flags.ts'
import { FIELD_MANAGER } from '../../install/ownership.ts'
import { checkAddress, parseNamedPort, parsePairs, serviceObject, sliceName, sliceObject, type VmService } from './vm-service.ts'

interface RegisterInput extends VmService {
  readonly kubeconfig: string | undefined
}

interface Registration {
  readonly service: string
  readonly namespace: string
  readonly address: string
  readonly ports: readonly string[]
}

const NOT_FOUND = 404

export const NAMESPACE: Command['options'][number] = { flags: '-n, --namespace <namespace>', summary: 'of the service', default: 'default' }

export const registerCommand: Command = command<RegisterInput, Registration>({
  name: 'register',
  summary: 'let a service have a machine outside of the cluster as endpoint',
  description: 'Makes the service without a selector if it is not there, and an EndpointSlice for the address. Can be repeated.',
  args: [
    { name: 'service', summary: 'its name', required: true },
    { name: 'address', summary: 'IP address of the machine', required: true },
    { name: 'ports', summary: 'port or name:port; the name tells the protocol', required: true, variadic: true },
  ],
  options: [
    NAMESPACE,
    { flags: '-l, --labels <key=value>', summary: 'of the service and of the endpoint', repeatable: true },
    { flags: '-a, --annotations <key=value>', summary: 'of the service', repeatable: true },
    { flags: '-s, --service-account <name>', summary: 'that the machine has as identity', default: 'default' },
    KUBECONFIG_OPTION,
  ],
  examples: [
    { line: 'meshctl register mysqldb 10.0.0.5 mysql:3306', what: 'pods reach the machine as mysqldb:3306' },
    { line: 'meshctl register -n shop -s billing billing 10.0.0.6 http:8080 grpc:9090', what: 'with the identity of an account' },
  ],
  resultKind: 'Registration',
  parse: values => ({ ...whereOf(values), ...whatOf(values) }),
  run: register,
  print: ({ service, namespace, address, ports }) => `${service}.${namespace} has ${address} with ${ports.join(', ')}\n`,
})

/** Service, namespace, address and cluster, as `register` and `deregister` take them. Throws USAGE. */
export function whereOf(values: Values): Pick<RegisterInput, 'name' | 'namespace' | 'address' | 'kubeconfig'> {
  const name = values.argument(0) ?? ''
  const namespace = values.text('namespace') ?? 'default'
  for (const text of [name, namespace])
    if (!/^[a-z\d]([-a-z\d]{0,61}[a-z\d])?$/.test(text))
      throw usage(`'${text}' is no name in a cluster`, 'lower-case letters, digits and dashes')
  return { name, namespace, address: checkAddress(values.argument(1) ?? ''), kubeconfig: values.text('kubeconfig') }
}

function whatOf(values: Values): Pick<RegisterInput, 'ports' | 'labels' | 'annotations' | 'serviceAccount'> {
  const ports = values.arguments(2).map(parseNamedPort)
  if (new Set(ports.map(({ name }) => name)).size !== ports.length)
    throw usage('two ports have one name', 'name them: http-a:8080 http-b:8081')
  const labels = parsePairs('labels', values.list('labels'))
  const annotations = parsePairs('annotations', values.list('annotations'))
  return { ports, labels, annotations, serviceAccount: values.text('serviceAccount') ?? 'default' }
}

async function register(input: RegisterInput, context: CommandContext): Promise<Registration> {
  const client = KubeClient.fromFile(kubeconfigFile(input.kubeconfig, context))
  const { name, namespace, address, ports } = input
  const path = `/api/v1/namespaces/${namespace}/services/${name}`
  const live = await client.get(path)
  if (live.status !== NOT_FOUND) refuseSelector(expected(live, `read Service ${name}`), name)
  const owner = { fieldManager: FIELD_MANAGER, force: true }
  expected(await client.apply(path, serviceObject(input), owner), `write Service ${name}`)
  const slices = slicePath(namespace, sliceName(name, address))
  expected(await client.apply(slices, sliceObject(input), owner), `write the endpoint of ${name}`)
  return { service: name, namespace, address, ports: ports.map(port => `${port.name}:${port.port}`) }
}

export function slicePath(namespace: string, name: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`
}

/** Endpoints of a service with a selector come from its pods; a machine beside them must be a WorkloadEntry. */
function refuseSelector(body: unknown, name: string): void {
  if (Object.keys(fieldsOf(fieldsOf(fieldsOf(body)['spec'])['selector'])).length === 0) return
  throw new MeshError('SERVICE_SELECTS_PODS', `Service ${name} finds its endpoints by labels of pods`, {
    source: 'config',
    nextStep: 'register the machine under another name, or write a WorkloadEntry with labels that the service selects',
  })
}

/** The body of an answer that is no refusal. Throws CLUSTER_REFUSED. */
export function expected({ status, body }: KubeAnswer, what: string): unknown {
  if (status < 300) return body
  throw new MeshError('CLUSTER_REFUSED', `cannot ${what}: ${textOf(fieldsOf(body)['message']) || `status ${status}`}`, {
    source: 'config',
    nextStep: 'check the rights of your account: kubectl auth can-i --list',
  })
}
