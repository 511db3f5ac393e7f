import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { echoApp } from './echo-app.ts'
import { type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { SteadyLoad } from './steady-load.ts'
import { APPS_IMAGE } from './test-images.ts'

/** The long form has the figures of issue 6: MESHWORK_ROLLOUTS=20, 200 requests/s. A machine that does other work besides cannot. */
const LONG_FORM = process.env['MESHWORK_ROLLOUTS']
const ROLLOUTS = Number(LONG_FORM ?? '3')
const PER_SECOND = LONG_FORM === undefined ? 20 : 200
const ECHO = 'http://echo.yard/'
const image = { image: APPS_IMAGE, imagePullPolicy: 'Never' }

/** Calls another service in its first line, and fails with the first answer that is not good. */
function job(name: string, namespace = 'yard'): object {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'app', ...image, args: ['demand', ECHO] }] }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace }, spec: { backoffLimit: 0, template: { spec } } }
}

function cronJob(name: string): object {
  const spec = { restartPolicy: 'OnFailure', containers: [{ name: 'app', ...image, args: ['demand', ECHO] }] }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: 'yard' },
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { backoffLimit: 0, template: { spec } } } },
  }
}

describe('workloads in a mesh under STRICT mutual TLS', () => {
  let mesh: MeshOnCluster
  let caller: Caller

  beforeAll(async () => {
    mesh = await MeshOnCluster.up('workloads', ['global.mtls.enabled=true'])
    caller = await mesh.namespace('yard')
    await mesh.world.apply(...echoApp('yard'))
    await mesh.settled('yard')
  }, 900_000)

  afterAll(() => mesh?.down())

  async function sidecarOf(selector: string, field: 'initContainers' | 'containers'): Promise<string> {
    return mesh.kubectl('get', 'pods', '-n', 'yard', '-l', selector, '-o', `jsonpath={.items[*].spec.${field}[*].name}`)
  }

  async function jobsComplete(form: string): Promise<void> {
    await mesh.world.apply(job(`first-line-${form}`), cronJob(`nightly-${form}`))
    await mesh.kubectl('create', 'job', '-n', 'yard', `--from=cronjob/nightly-${form}`, `nightly-${form}-now`)
    for (const name of [`first-line-${form}`, `nightly-${form}-now`]) {
      await mesh.kubectl('wait', '-n', 'yard', '--for=condition=Complete', '--timeout=100s', `job/${name}`)
      const pod = ['get', 'pods', '-n', 'yard', '-l', `job-name=${name}`, '-o']
      await eventually(async () => {
        expect(await mesh.kubectl(...pod, 'jsonpath={.items[*].status.phase}')).toBe('Succeeded')
        expect(await mesh.kubectl(...pod, 'jsonpath={.items[*].status.containerStatuses[*].state.running}')).toBe('')
      }, 30_000)
    }
  }

  test('probes of the kubelet pass although it has no certificate (part 5)', async () => {
    const restarts = '{.items[*].status.containerStatuses[*].restartCount}'
    expect(await mesh.kubectl('get', 'pods', '-n', 'yard', '-l', 'app=echo', '-o', `jsonpath=${restarts}`)).toMatch(/^0( 0)*$/)
    const [answer] = await mesh.call(caller, ECHO)
    expect(answer?.body).toContain('URI=spiffe://cluster.local/ns/yard/sa/default')
  })

  test('[journey-13] a Job that calls in its first line and a CronJob complete, with a native sidecar (part 5)', async () => {
    await jobsComplete('native')
    expect(await sidecarOf('job-name=first-line-native', 'initContainers')).toContain('istio-proxy')
  })

  test(
    `[journey-43] ${ROLLOUTS} rollouts and scaling up and down under load lose no request`,
    async () => {
      const load = new SteadyLoad(mesh, caller, ECHO, PER_SECOND)
      for (let round = 0; round < ROLLOUTS; round++) {
        await mesh.kubectl('rollout', 'restart', '-n', 'yard', 'deployment/echo')
        await mesh.kubectl('rollout', 'status', '-n', 'yard', 'deployment/echo', '--timeout=100s')
      }
      for (const replicas of [4, 1]) await mesh.kubectl('scale', '-n', 'yard', 'deployment/echo', `--replicas=${replicas}`)
      await mesh.kubectl('rollout', 'status', '-n', 'yard', 'deployment/echo', '--timeout=100s')
      const answers = await load.stop()
      expect(answers.length).toBeGreaterThan(2 * PER_SECOND)
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    },
    180_000 + ROLLOUTS * 60_000,
  )

  test('[journey-13] the same under the start gate, forced by value (part 5)', async () => {
    await mesh.meshctlInstall(['global.mtls.enabled=true', 'global.proxy.nativeSidecars=false'])
    await eventually(async () => {
      await mesh.kubectl('delete', 'pod', '-n', 'yard', 'probe', '--ignore-not-found', '--now')
      await mesh.kubectl(
        'run',
        'probe',
        '-n',
        'yard',
        `--image=${APPS_IMAGE}`,
        '--image-pull-policy=Never',
        '--labels=app=probe',
        '--',
        'wait',
      )
      expect(await sidecarOf('app=probe', 'containers')).toContain('istio-proxy')
    }, 60_000)
    await jobsComplete('gate')
    expect(await sidecarOf('job-name=first-line-gate', 'containers')).toContain('istio-proxy')
  })

  test('[journey-60] a namespace that enforces `restricted` takes pods with sidecars, by the agent of the node (part 6)', async () => {
    await mesh.meshctlInstall(['global.mtls.enabled=true', 'cni.enabled=true'])
    const labels = { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted' }
    await mesh.world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'locked', labels } })
    const locked = { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } }
    const container = { name: 'app', ...image, args: ['wait'], securityContext: { ...locked, seccompProfile: { type: 'RuntimeDefault' } } }
    const metadata = { name: 'caller', namespace: 'locked' }
    await eventually(() => mesh.world.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } }), 60_000)
    await mesh.settled('locked')
    const [answer] = await mesh.call({ namespace: 'locked', pod: 'caller' }, ECHO)
    expect(answer?.body).toContain('URI=spiffe://cluster.local/ns/locked/sa/default')
  })
})
