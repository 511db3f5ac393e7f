import { MeshError } from '@meshwork/core/result'
import { KubeClient } from '@meshwork/kube/client'
import { type Fields, fieldsOf, isFields, itemsOf, textOf } from '@meshwork/pilot/inject'
import type { CommandContext } from '../../command/command.ts'
import { kubeconfigFile } from '../../install/cluster-of-flags.ts'

const NOT_FOUND = 404

/** Reads and changes objects of a cluster by their paths in its API. */
export class OpenCluster {
  private readonly client: KubeClient

  private constructor(client: KubeClient) {
    this.client = client
  }

  /** The cluster that kubectl would talk to. Throws KUBECONFIG_UNUSABLE. */
  static of(kubeconfig: string | undefined, context: Pick<CommandContext, 'env' | 'cwd'>): OpenCluster {
    return new OpenCluster(KubeClient.fromFile(kubeconfigFile(kubeconfig, context)))
  }

  /** Of the context of the kubeconfig. */
  get namespace(): string {
    return this.client.namespace
  }

  /** undefined: not there. */
  async find(path: string): Promise<Fields | undefined> {
    const { status, body } = await this.ask(path, () => this.client.get(path))
    if (status === NOT_FOUND) return undefined
    return expected(status, body, `read ${path}`)
  }

  async list(path: string): Promise<readonly Fields[]> {
    return itemsOf((await this.find(path))?.['items'])
  }

  /** JSON Merge Patch. */
  async merge(path: string, patch: Fields): Promise<void> {
    const { status, body } = await this.ask(path, () => this.client.merge(path, patch))
    expected(status, body, `change ${path}`)
  }

  private async ask<Answer>(path: string, call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MeshError('CLUSTER_UNREACHABLE', `${this.client.server}${path}: ${reason}`, {
        source: 'config',
        cause,
        nextStep: 'check that kubectl works with the same kubeconfig: kubectl version',
      })
    }
  }
}

function expected(status: number, body: unknown, what: string): Fields {
  if (status < 300 && isFields(body)) return body
  const reason = textOf(fieldsOf(body)['message']) || `status ${status}`
  throw new MeshError('CLUSTER_REFUSED', `cannot ${what}: ${reason}`, {
    source: 'config',
    nextStep: 'check the rights of your account: kubectl auth can-i --list',
  })
}
