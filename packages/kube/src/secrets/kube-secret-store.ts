import type { SecretData, SecretStore } from '@meshwork/core/ports'
import { MeshError, messageOf } from '@meshwork/core/result'
import { fieldsOf, textOf } from '../client/fields.ts'
import type { KubeAnswer, KubeClient } from '../client/kube-client.ts'

export interface KubeSecretStoreOptions {
  readonly client: KubeClient
  readonly namespace: string
  /** Of the secrets that it creates: `istio.io/ca-root`. */
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
}

const [OK, CREATED, NOT_FOUND, CONFLICT] = [200, 201, 404, 409]

/** Secrets of one namespace of a cluster. */
export class KubeSecretStore implements SecretStore {
  private readonly options: KubeSecretStoreOptions

  constructor(options: KubeSecretStoreOptions) {
    this.options = options
  }

  async read(name: string): Promise<SecretData | undefined> {
    const answer = await this.ask('read', name, this.options.client.get(`${this.path}/${encodeURIComponent(name)}`))
    if (answer.status === NOT_FOUND) return undefined
    if (answer.status !== OK) throw this.failure('read', name, answerText(answer))
    const entries = Object.entries(fieldsOf(fieldsOf(answer.body)['data']))
    return new Map(entries.map(([key, value]) => [key, Buffer.from(textOf(value), 'base64')]))
  }

  async create(name: string, data: SecretData): Promise<'created' | 'exists'> {
    const { client, namespace, type, labels } = this.options
    const texts = Object.fromEntries([...data].map(([key, bytes]) => [key, bytes.toString('base64')]))
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, type, data: texts }
    const answer = await this.ask('create', name, client.create(this.path, secret))
    if (answer.status === CONFLICT) return 'exists'
    if (answer.status !== CREATED) throw this.failure('create', name, answerText(answer))
    return 'created'
  }

  private get path(): string {
    return `/api/v1/namespaces/${encodeURIComponent(this.options.namespace)}/secrets`
  }

  private async ask(what: string, name: string, answer: Promise<KubeAnswer>): Promise<KubeAnswer> {
    try {
      return await answer
    } catch (error) {
      throw this.failure(what, name, messageOf(error))
    }
  }

  private failure(what: string, name: string, reason: string): MeshError {
    const { namespace, client } = this.options
    return new MeshError('SECRET_STORE', `cannot ${what} the Secret ${namespace}/${name}: ${reason}`, {
      nextStep: `let this account get and create Secrets in ${namespace}, and see that ${client.server} answers`,
    })
  }
}

function answerText({ status, body }: KubeAnswer): string {
  return `the API server answers ${status} ${textOf(fieldsOf(body)['message'])}`.trim()
}
