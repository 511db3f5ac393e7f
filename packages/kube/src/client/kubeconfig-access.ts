import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { messageOf } from '@meshwork/core/result'
import { type Clock, systemClock } from '@meshwork/core/time'
import { parse } from 'yaml'
import { bearer, type ClusterAccess, type KubeCredentials, unusable } from './cluster-access.ts'
import { ExecCredential } from './exec-credential.ts'
import { fieldsOf, itemsOf, type KubeDocument, textOf } from './fields.ts'

const MOST_CHARACTERS = 1024 * 1024

export interface KubeconfigOptions {
  /** What messages call it. */
  readonly name: string
  /**
   * The folder that relative paths start from. null: the text comes from elsewhere, a Secret for example, and may name no files,
   * run no programs and switch off no checks.
   */
  readonly folder: string | null
  /** Instead of the current one. */
  readonly context?: string
  readonly clock?: Clock
}

/** Access as a kubeconfig on disk says, by its current context or another one. Throws KUBECONFIG_UNUSABLE. */
export function kubeconfigFileAccess(file: string, context?: string): ClusterAccess {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw unusable(`cannot read the kubeconfig ${file}: ${messageOf(error)}`, error)
  }
  return kubeconfigAccess(text, { name: file, folder: dirname(resolve(file)), ...(context !== undefined && { context }) })
}

/** Access as the current context of a kubeconfig says. Throws KUBECONFIG_UNUSABLE. */
export function kubeconfigAccess(text: string, options: KubeconfigOptions): ClusterAccess {
  const config = documentOf(text, options.name)
  const context = named(config, 'context', options.context ?? textOf(config['current-context']), options)
  const cluster = named(config, 'cluster', textOf(context['cluster']), options)
  const isAnonymous = textOf(context['user']) === ''
  const user = isAnonymous ? {} : named(config, 'user', textOf(context['user']), options)
  if (options.folder === null) refuseForeign(cluster, user, options.name)
  refuseUnknown(cluster, user, options.name)
  const plugin = user['exec'] === undefined ? null : new ExecCredential(fieldsOf(user['exec']), options.clock ?? systemClock)
  return {
    server: serverOf(cluster, options.name),
    namespace: textOf(context['namespace']) || 'default',
    credentials: () => credentialsOf({ cluster, user, folder: options.folder ?? '', plugin }),
    refused: () => plugin?.forget(),
  }
}

function documentOf(text: string, name: string): KubeDocument {
  if (text.length > MOST_CHARACTERS) throw unusable(`the kubeconfig ${name} is longer than ${MOST_CHARACTERS} characters`)
  try {
    return fieldsOf(parse(text))
  } catch (error) {
    // What follows the first line shows the text itself, which may hold a token.
    throw unusable(`the kubeconfig ${name} is no YAML: ${messageOf(error).split('\n')[0] ?? ''}`)
  }
}

/** `contexts: [{name, context: {…}}]`. */
function named(config: KubeDocument, field: 'context' | 'cluster' | 'user', name: string, { name: file }: KubeconfigOptions): KubeDocument {
  if (name === '') throw unusable(`the kubeconfig ${file} names no current ${field}`)
  const found = itemsOf(config[`${field}s`])
    .map(fieldsOf)
    .find(entry => entry['name'] === name)
  if (found === undefined) throw unusable(`the kubeconfig ${file} has no ${field} '${name}'`)
  return fieldsOf(found[field])
}

function serverOf(cluster: KubeDocument, name: string): URL {
  const server = URL.parse(textOf(cluster['server']))
  if (server?.protocol === 'https:') return server
  throw unusable(`the kubeconfig ${name} has no address of a server that begins with https://`)
}

/** What would let the author of the text read files of this program, run others, or weaken it. */
const FOREIGN = ['certificate-authority', 'insecure-skip-tls-verify', 'client-certificate', 'client-key', 'tokenFile', 'exec']
const UNKNOWN = ['auth-provider', 'proxy-url']

function refuseForeign(cluster: KubeDocument, user: KubeDocument, name: string): void {
  const field = FOREIGN.find(each => (cluster[each] ?? user[each] ?? false) !== false)
  if (field !== undefined) throw unusable(`the kubeconfig ${name} may not say ${field}: write certificates and tokens into it`)
}

function refuseUnknown(cluster: KubeDocument, user: KubeDocument, name: string): void {
  const field = UNKNOWN.find(each => cluster[each] !== undefined || user[each] !== undefined)
  if (field !== undefined) throw unusable(`the kubeconfig ${name} says ${field}, which is not supported`)
}

interface Written {
  readonly cluster: KubeDocument
  readonly user: KubeDocument
  readonly folder: string
  readonly plugin: ExecCredential | null
}

async function credentialsOf({ cluster, user, folder, plugin }: Written): Promise<KubeCredentials> {
  const [ca, cert, key, tokenInFile, given] = await Promise.all([
    pemOf(cluster, 'certificate-authority', folder),
    pemOf(user, 'client-certificate', folder),
    pemOf(user, 'client-key', folder),
    textOf(user['tokenFile']) === '' ? '' : readFile(resolve(folder, textOf(user['tokenFile'])), 'utf8'),
    plugin?.get(),
  ])
  const token = tokenInFile || textOf(user['token']) || (given?.token ?? '')
  const servername = textOf(cluster['tls-server-name'])
  return {
    ...(ca !== '' && { ca }),
    ...pairOf(cert || (given?.certificatePem ?? ''), key || (given?.keyPem ?? '')),
    ...(servername !== '' && { servername }),
    ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
    ...(token === '' ? passwordOf(user) : bearer(token)),
  }
}

function pairOf(cert: string, key: string): KubeCredentials {
  return cert === '' || key === '' ? {} : { cert, key }
}

function passwordOf(user: KubeDocument): KubeCredentials {
  const name = textOf(user['username'])
  return name === '' ? {} : { auth: `${name}:${textOf(user['password'])}` }
}

/** In the kubeconfig itself (`…-data`, base64), or in a file. */
async function pemOf(from: KubeDocument, field: string, folder: string): Promise<string> {
  const data = textOf(from[`${field}-data`])
  if (data !== '') return Buffer.from(data, 'base64').toString()
  const file = textOf(from[field])
  return file === '' ? '' : readFile(resolve(folder, file), 'utf8')
}
