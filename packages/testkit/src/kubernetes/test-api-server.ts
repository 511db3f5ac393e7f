import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'
import { createTestCa } from '../ca/test-ca.ts'
import { freePorts } from '../net/free-port.ts'
import { runCommand } from '../net/run-command.ts'
import { Child } from '../process/child.ts'

/** Where `npm run cluster -- up` leaves the programs of Kubernetes, in a folder for each version. */
export const KUBERNETES_CACHE: string = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'meshwork', 'kubernetes')
/** Of whoever may do everything; the server listens on loopback only. */
const TOKEN = 'test-administrator'
const READY_LIMIT_MS = 60_000
const POLL_MS = 50

/** Why no API server can be started on this machine, or null. */
export function apiServerObstacle(): string | null {
  return hyperkube() === undefined ? 'Kubernetes is not built yet: npm run cluster -- up' : null
}

interface Files {
  readonly folder: string
  readonly hyperkube: string
  readonly etcdPort: number
  readonly peerPort: number
  readonly port: number
}

/** A real etcd and a real API server of Kubernetes as processes on loopback, without nodes and controllers. */
export class TestApiServer implements AsyncDisposable {
  readonly rootPem: string
  private readonly files: Files
  private readonly etcd: Child
  private server: Child

  private constructor(files: Files, rootPem: string) {
    this.files = files
    this.rootPem = rootPem
    this.etcd = startEtcd(files)
    this.server = startServer(files)
  }

  static async start(): Promise<TestApiServer> {
    const program = hyperkube()
    if (program === undefined) throw new MeshError('NO_KUBERNETES', 'Kubernetes is not built', { nextStep: 'npm run cluster -- up' })
    const folder = mkdtempSync(join(tmpdir(), 'meshwork-api-server-'))
    const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(3)
    const files = { folder, hyperkube: program, etcdPort, peerPort, port }
    const rootPem = await writeFiles(files)
    const started = new TestApiServer(files, rootPem)
    try {
      await started.whenReady()
    } catch (error) {
      await started[Symbol.asyncDispose]()
      throw error
    }
    return started
  }

  get url(): string {
    return urlOf(this.files)
  }

  /** Of the administrator. */
  get kubeconfig(): string {
    return join(this.files.folder, 'kubeconfig')
  }

  get token(): string {
    return TOKEN
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return runCommand([this.files.hyperkube, 'kubectl', `--kubeconfig=${this.kubeconfig}`, '--request-timeout=20s', ...args], input)
  }

  /** Ends the API server as a crash would; etcd keeps everything. */
  async crash(): Promise<void> {
    await this.server.kill()
  }

  /** Starts it again on the same port. */
  async recover(): Promise<void> {
    this.server = startServer(this.files)
    await this.whenReady()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nobody needs what they would still write.
    await Promise.all([this.server.kill(), this.etcd.kill()])
    rmSync(this.files.folder, { recursive: true, force: true })
  }

  private async whenReady(): Promise<void> {
    const begin = systemClock.monotonicMs()
    for (;;) {
      const answer = await this.kubectl(['get', '--raw', '/readyz']).catch(() => '')
      if (answer === 'ok') return
      if (!this.server.running() || systemClock.monotonicMs() - begin > READY_LIMIT_MS) {
        throw new MeshError('NOT_READY', `the API server is not ready\n${this.server.log.tail(20)}`)
      }
      await sleep(systemClock, POLL_MS)
    }
  }
}

function hyperkube(): string | undefined {
  if (!existsSync(KUBERNETES_CACHE)) return undefined
  // A build under way lies beside those that are done.
  return readdirSync(KUBERNETES_CACHE)
    .filter(version => /^[0-9a-f]{20}$/.test(version))
    .map(version => join(KUBERNETES_CACHE, version, 'hyperkube'))
    .find(existsSync)
}

function urlOf({ port }: Files): string {
  return `https://127.0.0.1:${port}`
}

async function writeFiles(files: Files): Promise<string> {
  const ca = await createTestCa()
  const [server, tokens] = await Promise.all([ca.issue(['127.0.0.1', 'localhost']), ca.issue('tokens')])
  const write = (name: string, text: string): void => writeFileSync(join(files.folder, name), text, { mode: 0o600 })
  write('server.crt', server.certificateChainPem)
  write('server.key', server.privateKeyPem)
  write('tokens.key', tokens.privateKeyPem)
  write('tokens.crt', tokens.certificateChainPem)
  write('users.csv', `${TOKEN},administrator,1,system:masters\n`)
  write('kubeconfig', kubeconfigText(files, ca.rootPem))
  return ca.rootPem
}

function kubeconfigText(files: Files, rootPem: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: urlOf(files), 'certificate-authority-data': Buffer.from(rootPem).toString('base64') } }],
    users: [{ name: 'test', user: { token: TOKEN } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}

function startEtcd({ folder, hyperkube: program, etcdPort, peerPort }: Files): Child {
  const [client, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${peerPort}`]
  const urls = [`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`]
  const peers = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`]
  const command = [program, 'etcd', `--data-dir=${join(folder, 'etcd')}`, ...urls, ...peers, '--unsafe-no-fsync', '--log-level=error']
  return new Child({ name: 'etcd', command, ipc: false })
}

function startServer({ folder, hyperkube: program, etcdPort, port }: Files): Child {
  const file = (name: string): string => join(folder, name)
  const flags = [
    ...[`--etcd-servers=http://127.0.0.1:${etcdPort}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
    ...[`--tls-cert-file=${file('server.crt')}`, `--tls-private-key-file=${file('server.key')}`, `--token-auth-file=${file('users.csv')}`],
    ...[`--service-account-key-file=${file('tokens.crt')}`, `--service-account-signing-key-file=${file('tokens.key')}`],
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    ...['--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=RBAC', '--endpoint-reconciler-type=none', '--profiling=false'],
    // Without a controller there is no default service account, which pods would wait for.
    '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
  ]
  return new Child({ name: 'kube-apiserver', command: [program, 'kube-apiserver', ...flags], ipc: false })
}
