import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MeshError } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'
import { KUBERNETES_CACHE } from '@meshwork/testkit/kubernetes'

/** Programs a cluster is made of, built from the Go module beside this folder. */
export interface ClusterPrograms {
  /** etcd, API server, controllers, scheduler, kubelet, kube-proxy, CoreDNS and kubectl in one. */
  readonly hyperkube: string
  readonly helm: string
  readonly pause: string
}

const MODULE = fileURLToPath(new URL('../../hyperkube', import.meta.url))
const KUBERNETES_VERSION = 'v1.34.4'
const HELM_VERSION = 'v3.19.5'
const LOCK_POLL_MS = 500

/**
 * Builds the programs unless they are in the cache under the hash of their source and of the compiler.
 * About six minutes on two cores the first time; later clones and clusters find them at once.
 */
export async function clusterPrograms(progress: (line: string) => void): Promise<ClusterPrograms> {
  mkdirSync(KUBERNETES_CACHE, { recursive: true })
  const folder = join(KUBERNETES_CACHE, moduleHash())
  if (!existsSync(folder)) await underLock(join(KUBERNETES_CACHE, 'lock'), () => buildInto(folder, progress))
  return { hyperkube: join(folder, 'hyperkube'), helm: join(folder, 'helm'), pause: join(folder, 'pause') }
}

function moduleHash(): string {
  const hash = createHash('sha256').update(run('go', ['version']))
  hash.update(KUBERNETES_VERSION).update(HELM_VERSION)
  for (const file of readdirSync(MODULE).toSorted()) hash.update(file).update(readFileSync(join(MODULE, file)))
  return hash.digest('hex').slice(0, 20)
}

function buildInto(folder: string, progress: (line: string) => void): void {
  if (existsSync(folder)) return
  progress(`building Kubernetes ${KUBERNETES_VERSION} and Helm ${HELM_VERSION} (about six minutes on two cores, once)`)
  const work = mkdtempSync(join(KUBERNETES_CACHE, 'build-'))
  try {
    go(work, 'hyperkube', '.', versionFlags())
    go(work, 'helm', 'helm.sh/helm/v3/cmd/helm', `-X helm.sh/helm/v3/internal/version.version=${HELM_VERSION}`)
    run('gcc', ['-static', '-Os', '-s', '-o', join(work, 'pause'), join(MODULE, 'pause.c')])
    chmodSync(work, 0o755)
    renameSync(work, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Kubernetes refuses to talk to parts of itself whose version is unknown; it is set when linking. */
function versionFlags(): string {
  const [major, minor] = KUBERNETES_VERSION.slice(1).split('.')
  const values = { gitVersion: KUBERNETES_VERSION, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap(name => Object.entries(values).map(([field, value]) => `-X ${name}.${field}=${value}`))
    .join(' ')
}

function go(work: string, name: string, target: string, flags: string): void {
  run('nice', ['-n', '10', 'go', 'build', '-ldflags', `-s -w ${flags}`, '-o', join(work, name), target], {
    CGO_ENABLED: '0',
    GOFLAGS: '-buildvcs=false -mod=readonly -trimpath',
    GOTOOLCHAIN: 'local',
  })
}

function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  const done = spawnSync(command, args, { cwd: MODULE, encoding: 'utf8', env: { ...process.env, ...environment }, maxBuffer: 2 ** 28 })
  if (done.status === 0) return done.stdout
  const reason = done.error?.message ?? done.stderr.trim().split('\n').slice(-5).join('\n')
  throw new MeshError('CLUSTER_BUILD_FAILED', `${command} ${args[0] ?? ''} failed: ${reason}`, {
    nextStep: 'install Go 1.24 or later and gcc, and check that Go reaches its module proxy',
  })
}

/** Runs `act` while no other process holds `path`. The file names its owner, so a lock of a killed build is taken over. */
async function underLock(path: string, act: () => void): Promise<void> {
  while (!takeLock(path)) await sleep(systemClock, LOCK_POLL_MS)
  try {
    act()
  } finally {
    rmSync(path, { force: true })
  }
}

function takeLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const owner = existsSync(path) ? readFileSync(path, 'utf8') : ''
    if (owner !== '' && !existsSync(`/proc/${owner}`)) rmSync(path, { force: true })
    return false
  }
}
