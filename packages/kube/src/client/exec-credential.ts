import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { unusable } from './cluster-access.ts'
import { fieldsOf, itemsOf, type KubeDocument, textOf } from './fields.ts'

const LIMIT_MS = 60_000
const MOST_OUTPUT_BYTES = 1024 * 1024
/** A credential is not used to its last moment. */
const MARGIN_MS = 60_000

/** What a credential plugin gave: a token, or a certificate with its key. */
export interface PluginCredential {
  readonly token: string
  readonly certificatePem: string
  readonly keyPem: string
}

/** Runs a credential plugin as a kubeconfig names it (`client.authentication.k8s.io`), and keeps what it says until that expires. */
export class ExecCredential {
  private readonly plugin: KubeDocument
  private readonly clock: Clock
  private known: { readonly credential: Promise<PluginCredential>; expiresAt: number } | undefined

  constructor(plugin: KubeDocument, clock: Clock) {
    this.plugin = plugin
    this.clock = clock
  }

  get(): Promise<PluginCredential> {
    if (this.known !== undefined && this.clock.now() < this.known.expiresAt) return this.known.credential
    const known = { credential: this.ask(), expiresAt: Number.POSITIVE_INFINITY }
    this.known = known
    known.credential.catch(() => this.forget())
    return known.credential
  }

  forget(): void {
    this.known = undefined
  }

  private async ask(): Promise<PluginCredential> {
    const apiVersion = textOf(this.plugin['apiVersion'])
    const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } })
    const env = { ...process.env, ...variablesOf(this.plugin['env']), KUBERNETES_EXEC_INFO: info }
    const options = { env, timeout: LIMIT_MS, maxBuffer: MOST_OUTPUT_BYTES }
    const command = textOf(this.plugin['command'])
    try {
      const { stdout } = await promisify(execFile)(command, itemsOf(this.plugin['args']).map(textOf), options)
      const status = fieldsOf(fieldsOf(JSON.parse(stdout))['status'])
      const expiresAt = Date.parse(textOf(status['expirationTimestamp']))
      if (this.known !== undefined && !Number.isNaN(expiresAt)) this.known.expiresAt = expiresAt - MARGIN_MS
      const [certificatePem, keyPem] = [textOf(status['clientCertificateData']), textOf(status['clientKeyData'])]
      return { token: textOf(status['token']), certificatePem, keyPem }
    } catch (error) {
      throw unusable(`the credential plugin ${command} of the kubeconfig fails: ${messageOf(error)}`, error)
    }
  }
}

function variablesOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(itemsOf(value).map(entry => [textOf(fieldsOf(entry)['name']), textOf(fieldsOf(entry)['value'])]))
}
