import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { eventually } from './eventually.ts'

const MESH = 'istio-system'
const ISTIOD = 'istiod.istio-system.svc'
/** A ConfigMap and a token that a kubelet would mount. */
const ROOT = 'root-cert.pem'

/** Citadel and pilot as they run in a cluster, against a real API server, with what a kubelet would mount as files. */
export class ClusterControlPlane implements AsyncDisposable {
  readonly server: TestApiServer
  readonly ports: { readonly ca: number; readonly xds: number; readonly webhooks: number; readonly http: number }
  private readonly folder = mkdtempSync(join(tmpdir(), 'meshwork-cluster-'))
  private readonly children = new Map<string, Child>()

  private constructor(server: TestApiServer, [ca = 0, xds = 0, webhooks = 0, http = 0]: readonly number[]) {
    this.server = server
    this.ports = { ca, xds, webhooks, http }
  }

  static async start(): Promise<ClusterControlPlane> {
    const plane = new ClusterControlPlane(await TestApiServer.start(), await freePorts(4))
    try {
      await plane.server.kubectl(['create', 'namespace', MESH])
      await plane.server.kubectl(['create', 'serviceaccount', 'istiod', '-n', MESH])
      await plane.startCitadel()
      await plane.mountRoot()
      await plane.startPilot()
      return plane
    } catch (error) {
      await plane[Symbol.asyncDispose]()
      throw error
    }
  }

  get rootFile(): string {
    return join(this.folder, ROOT)
  }

  async startCitadel(): Promise<void> {
    await this.children.get('citadel')?.stop()
    const [metrics = 0] = await freePorts(1)
    const args = ['--kubeconfig', this.server.kubeconfig, '--namespace', MESH, '--address', `127.0.0.1:${this.ports.ca}`]
    await this.run('citadel', [...args, '--metrics-address', `127.0.0.1:${metrics}`, '--names-of', `${MESH}/istiod=${ISTIOD}`])
  }

  async startPilot(): Promise<void> {
    await this.children.get('pilot')?.stop()
    const { ca, xds, webhooks, http } = this.ports
    const [plain = 0] = await freePorts(1)
    const args = [
      ...['--kubeconfig', this.server.kubeconfig, '--xds-address', `127.0.0.1:${plain}`, '--http-address', `127.0.0.1:${http}`],
      ...['--secure-xds-address', `127.0.0.1:${xds}`, '--webhook-address', `127.0.0.1:${webhooks}`],
      ...['--ca-address', `127.0.0.1:${ca}`, '--ca-root', this.rootFile, '--token-file', await this.mountToken('istiod', MESH)],
    ]
    await this.run('pilot', args, { POD_NAMESPACE: MESH, SERVICE_ACCOUNT: 'istiod' })
  }

  /** A proxy in a pod of this account, as far as a pod can be had without a kubelet. Gives its admin port; it may not be ready yet. */
  async startProxy(account: string, namespace: string): Promise<number> {
    const [admin = 0] = await freePorts(1)
    const environment = {
      ...{ POD_NAME: `${account}-1`, POD_NAMESPACE: namespace, SERVICE_ACCOUNT: account, INSTANCE_IP: '127.0.0.1' },
      ...{ CA_ADDR: `127.0.0.1:${this.ports.ca}`, CA_ROOT_CA: this.rootFile, XDS_ROOT_CA: this.rootFile },
      ...{ PROXY_CONFIG: `discoveryAddress: 127.0.0.1:${this.ports.xds}`, ISTIO_META_INTERCEPTION_MODE: 'NONE' },
    }
    const places = ['--token', await this.mountToken(account, namespace), '--admin', `127.0.0.1:${admin}`]
    const off = ['--status-address', 'off', '--metrics-address', 'off', '--ready-address', 'off']
    void this.run(`proxy-${account}`, ['sidecar', ...places, ...off], environment).catch(() => undefined)
    return admin
  }

  log(name: string): string {
    return this.children.get(name)?.log.all() ?? ''
  }

  /** What citadel publishes. */
  publishedRoot(): Promise<string> {
    const entry = 'jsonpath={.data.root-cert\\.pem}'
    return this.server.kubectl(['get', 'configmap', 'istio-ca-root-cert', '-n', MESH, '-o', entry]).catch(() => '')
  }

  /** Brings the file with the roots up to date, as a kubelet does. */
  async mountRoot(): Promise<void> {
    let root = ''
    await eventually(async () => {
      root = await this.publishedRoot()
      if (root === '') throw new Error('the root is not published')
    })
    writeFileSync(`${this.rootFile}.new`, root)
    renameSync(`${this.rootFile}.new`, this.rootFile)
  }

  /** Plugs in another authority, made by OpenSSL, and starts citadel with it. */
  async changeRoot(): Promise<void> {
    const usages = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-addext', 'basicConstraints=critical,CA:true']
    const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/O=other']
    execFileSync('openssl', ['req', '-x509', ...key, ...usages, '-keyout', 'key.pem', '-out', 'cert.pem'], {
      cwd: this.folder,
      stdio: 'pipe',
    })
    const [certificate, privateKey] = ['cert.pem', 'key.pem'].map(name => join(this.folder, name))
    const entries = [
      `ca-cert.pem=${certificate}`,
      `root-cert.pem=${certificate}`,
      `ca-key.pem=${privateKey}`,
      `cert-chain.pem=${certificate}`,
    ]
    await this.server.kubectl(['create', 'secret', 'generic', 'cacerts', '-n', MESH, ...entries.map(entry => `--from-file=${entry}`)])
    await this.startCitadel()
    const wanted = readFileSync(join(this.folder, 'cert.pem'), 'utf8').trim()
    await eventually(async () => {
      // The old one stays behind it until what it signed has ended.
      if (!(await this.publishedRoot()).startsWith(wanted)) throw new Error('the new root is not published')
    })
    await this.mountRoot()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.children.values()].map(child => child.stop()))
    await this.server[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A token as kubelets project it. */
  private async mountToken(account: string, namespace: string): Promise<string> {
    const token = await this.server.kubectl(['create', 'token', account, '-n', namespace, '--audience=istio-ca'])
    const file = join(this.folder, `${namespace}-${account}.token`)
    writeFileSync(file, token.trim(), { mode: 0o600 })
    return file
  }

  private async run(name: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const program = builtProgram(name === 'pilot' ? 'pilot/main' : name === 'citadel' ? 'citadel/main' : 'proxy/main')
    const child = startProgram(program, { name, args, environment })
    this.children.set(name, child)
    await child.whenReady()
  }
}
