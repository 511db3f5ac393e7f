import { KubeClient } from '@meshwork/kube/client'
import { MeshError } from '@meshwork/core/result'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { KUBECONFIG_OPTION, kubeconfigFile } from '../../install/cluster-of-flags.ts'
import { expected, NAMESPACE, slicePath, whereOf } from './register.ts'
import { sliceName } from './vm-service.ts'

interface DeregisterInput {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly kubeconfig: string | undefined
}

interface Deregistration {
  readonly service: string
  readonly namespace: string
  readonly address: string
}

const NOT_FOUND = 404

export const deregisterCommand: Command = command<DeregisterInput, Deregistration>({
  name: 'deregister',
  summary: 'take a machine that was registered out of a service again',
  description: 'The service stays, because others may name it.',
  args: [
    { name: 'service', summary: 'its name', required: true },
    { name: 'address', summary: 'IP address of the machine', required: true },
  ],
  options: [NAMESPACE, KUBECONFIG_OPTION],
  examples: [{ line: 'meshctl deregister mysqldb 10.0.0.5', what: 'requests no longer go to this machine' }],
  resultKind: 'Deregistration',
  parse: whereOf,
  run: deregister,
  print: ({ service, namespace, address }) => `${service}.${namespace} no longer has ${address}\n`,
})

async function deregister({ name, namespace, address, kubeconfig }: DeregisterInput, context: CommandContext): Promise<Deregistration> {
  const client = KubeClient.fromFile(kubeconfigFile(kubeconfig, context))
  const answer = await client.delete(slicePath(namespace, sliceName(name, address)))
  if (answer.status === NOT_FOUND) {
    throw new MeshError('NOT_REGISTERED', `${address} is not registered with ${name} in ${namespace}`, {
      source: 'config',
      nextStep: `kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${name}`,
    })
  }
  expected(answer, `delete the endpoint of ${name}`)
  return { service: name, namespace, address }
}
