import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeWorld } from './kube-world.ts'
import { CHARTS, helm, IMAGE_SETS, meshctl } from './run-in-world.ts'

const OURS =
  'crd,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,all,configmaps,secrets,serviceaccounts,roles,rolebindings,poddisruptionbudgets,leases'
/** A deployment that is not there any more is not ready either. */
const READY = ['wait', 'deployment', '--all', '--for=condition=Available', '--timeout=120s', '-n', 'istio-system']

/** Nobody gives addresses out here. */
const NO_LOAD_BALANCER = ['--set', 'gateways.istio-ingressgateway.type=NodePort']

describe('installing a mesh on a cluster with pods (parts 8, 9 and 10)', () => {
  let world: KubeWorld

  beforeAll(async () => {
    world = await KubeWorld.up('install')
  }, 900_000)

  afterAll(() => world?.down())

  /** What of a mesh is anywhere in the cluster. */
  async function traces(): Promise<readonly string[]> {
    const lines = (await world.kubectl('get', OURS, '-A', '-o', 'name', '--show-kind')).split('\n')
    return lines.filter(line => /istio|meshwork/.test(line))
  }

  test('[journey-5] meshctl install asks nothing with -y, tells the progress of each component and ends when all is ready', async () => {
    const { code, out, err } = await meshctl(
      world,
      'install',
      '-y',
      '--profile',
      'demo',
      '--readiness-timeout',
      '120s',
      ...NO_LOAD_BALANCER,
      ...IMAGE_SETS,
    )
    expect([err, code]).toEqual([expect.stringContaining('✔ gateways: 8 created'), 0])
    for (const component of ['base', 'citadel', 'pilot', 'mixer', 'gateways'])
      expect(err).toMatch(new RegExp(`✔ ${component}: \\d+ created`))
    expect(out).toMatch(/✔ \d+ checks are right, 0 are not\n/)
    expect(out).toContain('The mesh is installed. Next:')
    const pods = await world.kubectl('-n', 'istio-system', 'get', 'pods', '-o', 'jsonpath={.items[*].status.containerStatuses[*].ready}')
    expect(new Set(pods.split(' '))).toEqual(new Set(['true']))
    expect((await world.kubectl('-n', 'istio-system', 'get', 'pdb', '-o', 'name')).split('\n')).toEqual(
      expect.arrayContaining(['poddisruptionbudget.policy/istio-ingressgateway', 'poddisruptionbudget.policy/istio-egressgateway']),
    )
  }, 300_000)

  test('[journey-48] uninstall --purge leaves nothing, and the configuration of users in a file', async () => {
    const route = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'reviews', namespace: 'default' },
      spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }] },
    }
    await world.apply(route)
    const file = join(world.cluster.node.root, 'users.yaml')
    const { code, out } = await meshctl(world, 'uninstall', '--purge', '-y', '--export', file)
    expect([out, code]).toEqual([expect.stringContaining('0 left.'), 0])
    expect(out).toContain(`1 objects of users are in ${file}`)
    await world.kubectl('wait', '--for=delete', 'namespace/istio-system', '--timeout=60s')
    expect(await traces()).toEqual([])
  }, 180_000)

  test('[journey-49] after somebody deleted the namespace by hand, install takes over what is left and succeeds', async () => {
    expect((await meshctl(world, 'install', '-y', ...IMAGE_SETS)).code).toBe(0)
    await world.kubectl('delete', 'namespace', 'istio-system', '--wait=false')
    const { code, err } = await meshctl(world, 'install', '-y', '--profile', 'minimal', ...IMAGE_SETS)
    expect([err, code]).toEqual([expect.stringContaining('✔ pilot:'), 0])
    expect(err).toContain('✔ base: 62 unchanged')
    expect((await meshctl(world, 'uninstall', '--purge', '-y')).out).toContain('0 left.')
    await world.kubectl('wait', '--for=delete', 'namespace/istio-system', '--timeout=60s')
  }, 300_000)

  test('[journey-7] Helm installs, refuses typos, upgrades the definitions, rolls back and uninstalls', async () => {
    const place = ['--namespace', 'istio-system', '--create-namespace']
    await helm(world, 'install', 'mesh-base', join(CHARTS, 'base'), ...place)
    await helm(world, 'install', 'mesh', join(CHARTS, 'mesh'), ...place, ...IMAGE_SETS)
    await world.kubectl(...READY)
    const upgrade = (...sets: readonly string[]): Promise<string> =>
      helm(world, 'upgrade', 'mesh', join(CHARTS, 'mesh'), ...place, ...IMAGE_SETS, ...sets)
    await expect(upgrade('--set', 'global.hbu=x')).rejects.toThrow("additional properties 'hbu' not allowed")
    await upgrade('--set', 'gateways.istio-egressgateway.enabled=true')
    await world.kubectl(...READY)
    // A definition as an earlier version had it.
    await world.kubectl('patch', 'crd', 'sidecars.networking.istio.io', '--type=merge', '-p', '{"spec":{"names":{"shortNames":["older"]}}}')
    await helm(world, 'upgrade', 'mesh-base', join(CHARTS, 'base'), ...place, '--force')
    expect(await world.kubectl('get', 'crd', 'sidecars.networking.istio.io', '-o', 'jsonpath={.spec.names.shortNames}')).not.toContain(
      'older',
    )
    await helm(world, 'rollback', 'mesh', '1', ...place.slice(0, 2))
    expect(await world.kubectl('-n', 'istio-system', 'get', 'deployments', '-o', 'name')).not.toContain('egress')
    await helm(world, 'uninstall', 'mesh', ...place.slice(0, 2))
    await helm(world, 'uninstall', 'mesh-base', ...place.slice(0, 2))
    await world.kubectl('wait', '--for=delete', 'pods', '--all', '-n', 'istio-system', '--timeout=60s')
    // Definitions, and with them what users wrote, outlive a release.
    expect((await world.kubectl('get', 'crd', '-o', 'name')).split('\n').filter(name => name.includes('istio.io'))).toHaveLength(61)
  }, 400_000)
})
