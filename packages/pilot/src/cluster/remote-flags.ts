import { FileSource } from '@meshwork/config/file'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import { type Command, InvalidArgumentError } from 'commander'
import type { RemoteClusters } from './remote-clusters.ts'
import { RemoteSecrets } from './remote-secrets.ts'

export interface RemoteFlags {
  readonly clusterId: string
  readonly clusterDir: ReadonlyMap<string, string>
  readonly clusterSecretsNamespace?: string
}

/** How long pilot's start waits for clusters that do not answer, in milliseconds. */
const WAIT_MS = 10_000
const DEFAULT_NAMESPACE = 'istio-system'

export function addRemoteFlags(command: Command): Command {
  return command
    .option('--cluster-id <id>', 'name of the own cluster in a mesh of several', 'Kubernetes')
    .option('--cluster-dir <id=dir>', 'folder with the services of another cluster; may be repeated', folderOf, new Map<string, string>())
    .option('--cluster-secrets-namespace <namespace>', 'where secrets with the kubeconfigs of other clusters are (default: that of pilot)')
}

function folderOf(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, id, folder] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (id === undefined || folder === undefined) throw new InvalidArgumentError('write the id of the cluster, =, and its folder')
  if (before.has(id)) throw new InvalidArgumentError(`cluster '${id}' has a folder already`)
  return new Map([...before, [id, folder]])
}

export interface RemoteSources {
  readonly clusters: RemoteClusters
  /** The own cluster, if there is one to ask for secrets. */
  readonly client: KubeClient | null
  readonly confirmEmptyMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** What follows the other clusters that flags name. */
export function remoteRunners(flags: RemoteFlags, sources: RemoteSources): readonly Runner[] {
  const { clusters, client, clock, log, confirmEmptyMs } = sources
  const folders: Runner = {
    name: 'folders of other clusters',
    start: async () => {
      const open = (root: string) => (): FileSource => new FileSource({ root, clock })
      await Promise.all([...flags.clusterDir].map(([id, dir]) => clusters.put({ id, origin: dir, fingerprint: dir, open: open(dir) })))
    },
    close: () => clusters.close(),
  }
  if (client === null) return [folders]
  const namespace = flags.clusterSecretsNamespace ?? process.env['POD_NAMESPACE'] ?? DEFAULT_NAMESPACE
  const secrets = new RemoteSecrets({ client, namespace, ownId: flags.clusterId, clusters, waitMs: WAIT_MS, confirmEmptyMs, clock, log })
  return [folders, secrets]
}
