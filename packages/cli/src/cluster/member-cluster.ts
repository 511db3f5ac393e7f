import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, itemsOf, type KubeAnswer, type KubeCall, KubeClient, type KubeDocument, textOf } from '@meshwork/kube/client'
import { parse } from 'yaml'
import type { CommandContext } from '../command/command.ts'
import { rootsIn } from './trusted-roots.ts'

const NOT_FOUND = 404
const ROOT_MAP = 'istio-ca-root-cert'
/** How long a server may take to say its version, in milliseconds. */
const REACH_LIMIT_MS = 10_000

/** Where the mesh is in a cluster, and where kubeconfigs are. */
export interface MemberOptions {
  readonly kubeconfig: string | undefined
  /** Of the mesh. */
  readonly namespace: string
}

/** One cluster of a mesh, as seen by somebody who may change it. */
export class MemberCluster {
  /** Name of its context, for people. */
  readonly name: string
  readonly namespace: string
  readonly client: KubeClient

  constructor(name: string, namespace: string, client: KubeClient) {
    this.name = name
    this.namespace = namespace
    this.client = client
  }

  /** By the name of a context, or by a kubeconfig file; undefined: as kubectl would. Throws KUBECONFIG_UNUSABLE or NO_SUCH_CONTEXT. */
  static of(context: string | undefined, options: MemberOptions, { env, cwd }: Pick<CommandContext, 'env' | 'cwd'>): MemberCluster {
    if (context !== undefined && context.includes('/')) {
      return new MemberCluster(context, options.namespace, KubeClient.fromFile(resolve(cwd, context)))
    }
    const named = options.kubeconfig ?? env['KUBECONFIG'] ?? join(homedir(), '.kube', 'config')
    const files = named.split(':').flatMap(file => (file === '' ? [] : [resolve(cwd, file)]))
    const known = files.filter(existsSync).map(file => ({ file, contexts: contextsOf(file) }))
    const found = context === undefined ? known[0] : known.find(({ contexts }) => contexts.includes(context))
    if (found !== undefined)
      return new MemberCluster(context ?? 'current context', options.namespace, KubeClient.fromFile(found.file, context))
    const choices = known.flatMap(({ contexts }) => contexts)
    throw new MeshError('NO_SUCH_CONTEXT', `no kubeconfig has the context '${context ?? ''}'`, {
      source: 'config',
      nextStep: choices.length === 0 ? 'name a kubeconfig with --kubeconfig <file>' : `choose one of: ${choices.join(', ')}`,
    })
  }

  /** Id under which its own control plane knows it; the context's name where there is none. */
  async id(): Promise<string> {
    const pods = itemsOf((await this.read(`/apis/apps/v1/namespaces/${this.namespace}/deployments?labelSelector=app%3Distiod`))?.['items'])
    const containers = pods.flatMap(each => itemsOf(fieldsOf(fieldsOf(fieldsOf(fieldsOf(each)['spec'])['template'])['spec'])['containers']))
    const args = containers.flatMap(each => itemsOf(fieldsOf(each)['args']).map(textOf))
    const stated = args
      .map((arg, i) => (arg === '--cluster-id' ? args[i + 1] : /^--cluster-id=(.+)$/.exec(arg)?.[1]))
      .find(id => id !== undefined)
    if (stated !== undefined) return stated
    return containers.length > 0 ? 'Kubernetes' : this.name.replaceAll(/[^A-Za-z0-9_.-]/g, '-').replaceAll(/^[-_.]+|[-_.]+$/g, '')
  }

  /** The roots that all of its workloads trust, that of its authority first; undefined: no authority has published one. */
  async roots(): Promise<readonly string[] | undefined> {
    const map = await this.read(`/api/v1/namespaces/${this.namespace}/configmaps/${ROOT_MAP}`)
    const roots = rootsIn(textOf(fieldsOf(map?.['data'])['root-cert.pem']))
    return roots.length === 0 ? undefined : roots
  }

  /** Milliseconds until the server says its version. Throws CLUSTER_UNREACHABLE. */
  async latency(clock: Clock): Promise<number> {
    const begin = clock.monotonicMs()
    await this.ask({ method: 'GET', path: '/version' }, AbortSignal.timeout(REACH_LIMIT_MS))
    return Math.round(clock.monotonicMs() - begin)
  }

  /** undefined: not there. */
  async read(path: string): Promise<KubeDocument | undefined> {
    const { status, body } = await this.ask({ method: 'GET', path })
    return status === NOT_FOUND ? undefined : expected(this.name, status, body, `read ${path}`)
  }

  /** Server-side apply. */
  async apply(path: string, body: object): Promise<void> {
    const answer = await this.client.apply(path, body, { fieldManager: 'meshwork-installer', force: true }).catch(this.unreachable(path))
    expected(this.name, answer.status, answer.body, `write ${path}`)
  }

  async post(path: string, body: object): Promise<KubeDocument> {
    const answer = await this.ask({ method: 'POST', path, body })
    return expected(this.name, answer.status, answer.body, `write ${path}`)
  }

  /** False: it was not there. */
  async remove(path: string): Promise<boolean> {
    const { status, body } = await this.ask({ method: 'DELETE', path })
    if (status === NOT_FOUND) return false
    expected(this.name, status, body, `delete ${path}`)
    return true
  }

  ask(call: KubeCall, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.client.call(call, signal).catch(this.unreachable(call.path))
  }

  private unreachable(path: string): (cause: unknown) => never {
    return cause => {
      throw new MeshError('CLUSTER_UNREACHABLE', `${this.name}: ${this.client.server}${path}: ${messageOf(cause)}`, {
        source: 'config',
        cause,
        nextStep: 'check that kubectl works with the same context',
      })
    }
  }
}

function contextsOf(file: string): readonly string[] {
  try {
    return itemsOf(fieldsOf(parse(readFileSync(file, 'utf8')))['contexts']).map(each => textOf(fieldsOf(each)['name']))
  } catch (error) {
    const nextStep = 'name a kubeconfig with which kubectl works'
    throw new MeshError('KUBECONFIG_UNUSABLE', `cannot read the kubeconfig ${file}: ${messageOf(error).split('\n')[0] ?? ''}`, { nextStep })
  }
}

function expected(name: string, status: number, body: unknown, what: string): KubeDocument {
  if (status < 300) return fieldsOf(body)
  const reason = textOf(fieldsOf(body)['message']) || `status ${status}`
  throw new MeshError('CLUSTER_REFUSED', `${name}: cannot ${what}: ${reason}`, {
    source: 'config',
    nextStep: 'check the rights of your account: kubectl auth can-i --list',
  })
}
