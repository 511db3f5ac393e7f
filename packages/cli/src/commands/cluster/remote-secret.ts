import { stringify } from 'yaml'
import { type Command, command } from '../../command/command.ts'
import { createReader } from '../../cluster/cluster-reader.ts'
import { MemberCluster, type MemberOptions } from '../../cluster/member-cluster.ts'
import { remoteSecret } from '../../cluster/remote-secret.ts'
import { MEMBER_OPTIONS, memberOptions } from './cluster-options.ts'

interface SecretInput extends MemberOptions {
  readonly context: string | undefined
  readonly reader: string
  readonly name: string | undefined
  readonly server: string | undefined
}

interface SecretResult {
  readonly secret: object
}

export const clusterRemoteSecretCommand: Command = command<SecretInput, SecretResult>({
  name: 'cluster remote-secret',
  summary: 'print the Secret by which a control plane elsewhere follows a cluster, for kubectl apply there',
  args: [{ name: 'context', summary: 'the cluster to be followed (default: the current context)' }],
  options: [
    ...MEMBER_OPTIONS,
    { flags: '--reader <id>', summary: 'id of the cluster that will follow it, for the name of its account', default: 'remote' },
    { flags: '--name <id>', summary: 'id of the cluster to be followed (default: as its istiod says, else its context)' },
    { flags: '--server <url>', summary: 'where its API server is reached (default: as the kubeconfig says)' },
  ],
  examples: [{ line: 'meshctl cluster remote-secret west --reader east | kubectl --context east apply -f -', what: 'east follows west' }],
  resultKind: 'ClusterRemoteSecret',
  parse: values => ({
    ...memberOptions(values),
    context: values.argument(0),
    reader: values.text('reader') ?? 'remote',
    name: values.text('name'),
    server: values.text('server'),
  }),
  run: async ({ context: name, ...input }, context) => {
    const cluster = MemberCluster.of(name, input, context)
    const id = input.name ?? (await cluster.id())
    const [token, serverRoot] = [await createReader(cluster, input.reader), await cluster.client.serverRoot()]
    return { secret: remoteSecret(cluster.namespace, { id, server: input.server ?? cluster.client.server, serverRoot, token }) }
  },
  print: ({ secret }) => stringify(secret, { lineWidth: 0 }),
})
