import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { bearer, type ClusterAccess, type KubeCredentials } from './cluster-access.ts'

/** Where the kubelet mounts the account of a pod; the token in it is replaced well before it expires. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface InClusterOptions {
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Access as the service account of the pod in which the program runs. Throws NOT_IN_CLUSTER. */
export function inClusterAccess({ folder = ACCOUNT, environment = process.env }: InClusterOptions = {}): ClusterAccess {
  const [host = '', port = '443'] = [environment['KUBERNETES_SERVICE_HOST'], environment['KUBERNETES_SERVICE_PORT']]
  if (host === '' || !existsSync(join(folder, 'token'))) {
    throw new MeshError('NOT_IN_CLUSTER', host === '' ? 'KUBERNETES_SERVICE_HOST is not set' : `there is no token in ${folder}`, {
      source: 'config',
      nextStep: 'run in a pod with automountServiceAccountToken, or name a cluster with --kubeconfig FILE',
    })
  }
  const namespaceFile = join(folder, 'namespace')
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : 'default',
    credentials: () => accountOf(folder),
    refused: () => undefined,
  }
}

async function accountOf(folder: string): Promise<KubeCredentials> {
  const [token, ca] = await Promise.all([readFile(join(folder, 'token'), 'utf8'), readFile(join(folder, 'ca.crt'), 'utf8')])
  return { ...bearer(token), ca }
}
