import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chartVersion, profileNames } from './chart-folder.ts'
import { planInstall, type ValueFlags } from './install-values.ts'
import { renderInstall } from './render-install.ts'
import type { ValueTree } from './set-values.ts'
import { wholeNumbers } from './whole-numbers.ts'

/** The charts of the repository; scripts/charts.ts completes them when it is built. */
const CHARTS = resolve(import.meta.dirname, '../../../../charts')
const FLAGS: ValueFlags = { profile: 'default', files: [], sets: [], namespace: 'istio-system', charts: CHARTS }

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-values-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function effective(...sets: readonly string[]): ValueTree {
  return planInstall({ ...FLAGS, sets }, folder).effective
}

describe('values', () => {
  test.each(profileNames(CHARTS))('of profile %s are what the schemas say', profile => {
    expect(planInstall({ ...FLAGS, profile }, folder).effective).toHaveProperty('global.hub')
  })

  test('profile, files in their order and --set win in this order', () => {
    writeFileSync(join(folder, 'a.yaml'), 'pilot: {replicaCount: 2, logLevel: debug}\nglobal: {hub: from-a}\n')
    writeFileSync(join(folder, 'b.yaml'), 'pilot: {replicaCount: 3}\n')
    const plan = planInstall({ ...FLAGS, profile: 'demo', files: ['a.yaml', 'b.yaml'], sets: ['global.hub=from-set'] }, folder)
    expect(plan.effective).toMatchObject({ pilot: { replicaCount: 3, logLevel: 'debug' }, global: { hub: 'from-set' } })
    expect(plan.effective).toHaveProperty('gateways.istio-egressgateway.enabled', true)
  })

  test('null takes a default away', () => {
    expect(effective('global.defaultResources.requests.cpu=null')).toHaveProperty('global.defaultResources.requests', {})
  })

  test("Istio's names are known", () => {
    const names = [
      'global.tag=x',
      'global.mtls.enabled=true',
      'global.controlPlaneSecurityEnabled=true',
      'global.proxy.includeIPRanges=10.0.0.0/8',
    ]
    const more = [
      'pilot.autoscaleMin=2',
      'pilot.resources.requests.cpu=1',
      'sidecarInjectorWebhook.rewriteAppHTTPProbe=false',
      'revision=canary',
    ]
    const last = ['meshConfig.accessLogFile=/dev/stdout', 'gateways.istio-ingressgateway.type=NodePort', 'gateways.mine.enabled=true']
    expect(() => effective(...names, ...more, ...last)).not.toThrow()
  })

  test.each([
    ['global.hbu=x', 'there is no value global.hbu; did you mean global.hub?'],
    ['pilot.replicacount=2', 'there is no value pilot.replicacount; did you mean pilot.replicaCount?'],
    ['gateways.istio-ingressgateway.typ=NodePort', 'did you mean gateways.istio-ingressgateway.type?'],
    ['global.proxy.logLevel=loud', 'global.proxy.logLevel is "loud"; possible is "error", "warn", "info", "debug", "off"'],
    ['global.controlPlaneSecurityEnabled=false', 'global.controlPlaneSecurityEnabled is false; possible is true'],
    ['pilot.replicaCount=many', 'pilot.replicaCount must be integer, not "many"'],
    ['revision=Not_A_Name', 'revision must match pattern'],
    ['meshConfig.accesLogFile=/dev/stdout', "did you mean 'accessLogFile'?"],
    ['meshConfig.connectTimeout=soon', 'meshConfig.connectTimeout: '],
    ['meshConfig.defaultConfig.concurency=2', "did you mean 'concurrency'?"],
    ['global.meshNetworks.one.gatways={}', 'global.meshNetworks.one.gatways: '],
    ['zzz=1', 'there is no value zzz; known here: citadel, cni, gateways, global'],
  ])('--set %s is refused, with the nearest that is right', (set, message) => {
    expect(() => effective(set)).toThrow(message)
  })

  test('an unknown profile names the nearest, a broken file its place', () => {
    expect(() => planInstall({ ...FLAGS, profile: 'demoo' }, folder)).toThrow("there is no profile 'demoo', did you mean 'demo'?")
    writeFileSync(join(folder, 'broken.yaml'), 'a: [')
    expect(() => planInstall({ ...FLAGS, files: ['broken.yaml'] }, folder)).toThrow(/cannot read values from .*broken\.yaml/)
    writeFileSync(join(folder, 'list.yaml'), '- a')
    expect(() => planInstall({ ...FLAGS, files: ['list.yaml'] }, folder)).toThrow(/list\.yaml holds no tree of values/)
  })
})

describe('numbers', () => {
  test.each(['--set', 'a file'])('of %s are integers in what is rendered, however large', source => {
    writeFileSync(join(folder, 'values.yaml'), 'pilot: {env: {LIMIT: 1000000}}\n')
    const from = source === '--set' ? { sets: ['pilot.env.LIMIT=1000000'] } : { files: ['values.yaml'] }
    const objects = renderInstall(planInstall({ ...FLAGS, ...from }, folder), 'v1.34.0')
    const pilot = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'istiod')
    expect(JSON.stringify(pilot)).toContain('{"name":"LIMIT","value":"1000000"}')
    expect(wholeNumbers({ a: [{ b: 2e6 }], c: 1.5, d: '1', e: -3 })).toEqual({ a: [{ b: 2_000_000n }], c: 1.5, d: '1', e: -3n })
  })
})

describe('charts', () => {
  test('have the version of the product', () => {
    const { version }: { version: string } = JSON.parse(readFileSync(resolve(CHARTS, '../package.json'), 'utf8'))
    expect(chartVersion(CHARTS)).toBe(version)
  })
})
