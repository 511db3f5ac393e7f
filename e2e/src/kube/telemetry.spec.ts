import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { applyBookinfo } from './bookinfo-on-cluster.ts'
import { type Answer, type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { PrometheusOnCluster } from './prometheus-on-cluster.ts'

const RATINGS = 'http://ratings:9080/ratings/0'
const EFFECT_LIMIT_MS = 30_000
const SETTINGS = ['global.mtls.enabled=true', 'mixer.policy.enabled=true', 'mixer.telemetry.enabled=true']

function example(file: string): string {
  return readFileSync(new URL(`../../../examples/bookinfo/config/${file}`, import.meta.url), 'utf8')
}

describe('mixer and Prometheus beside bookinfo under STRICT mutual TLS', () => {
  let mesh: MeshOnCluster
  let caller: Caller
  let prometheus: PrometheusOnCluster

  beforeAll(async () => {
    mesh = await MeshOnCluster.up('telemetry', SETTINGS)
    caller = await mesh.namespace('default')
    await applyBookinfo(mesh, 'default')
    prometheus = await PrometheusOnCluster.up(mesh)
    await mesh.settled('default')
  }, 900_000)

  afterAll(() => mesh?.down())

  async function ratings(user: string): Promise<Answer | undefined> {
    const [answer] = await mesh.call(caller, RATINGS, { headers: { 'end-user': user } })
    return answer
  }

  async function applied(file: string): Promise<void> {
    await mesh.applyTo('default', example(file))
  }

  test('mixer denies as rules in Istio 1.0’s kinds say, with their message, and nobody else', async () => {
    // Nothing is asked before: sidecars remember for a minute what mixer allowed without looking at anything.
    await applied('policy.yaml')
    await eventually(async () => {
      expect(await ratings('mallory')).toMatchObject({ status: 403, body: expect.stringContaining('mallory may not read ratings') })
    }, EFFECT_LIMIT_MS)
    expect(await ratings('jason')).toMatchObject({ status: 200 })
    await mesh.kubectl('delete', 'rules.config.istio.io', '-n', 'default', 'deny-mallory')
    await eventually(async () => expect(await ratings('mallory')).toMatchObject({ status: 200 }), EFFECT_LIMIT_MS)
  })

  test('Prometheus finds sidecars, gateways and the control plane by their annotations, and all are up', async () => {
    await eventually(async () => {
      const up = await prometheus.query('up')
      expect(up.filter(({ value }) => value !== 1)).toEqual([])
      const pods = up.map(({ metric }) => `${metric['namespace']}/${metric['pod']}`.replace(/-[0-9a-z]+-[0-9a-z]{5}$/, ''))
      const control = ['istiod', 'istio-citadel', 'istio-policy', 'istio-telemetry', 'istio-ingressgateway']
      expect(pods).toEqual(expect.arrayContaining(control.map(name => `istio-system/${name}`)))
      const versions = ['details-v1', 'productpage-v1', 'ratings-v1', 'reviews-v1', 'reviews-v2', 'reviews-v3', 'caller']
      expect(pods).toEqual(expect.arrayContaining(versions.map(name => `default/${name}`)))
      expect(up.map(({ metric }) => metric['job'])).toContain('istio-mesh')
    }, EFFECT_LIMIT_MS)
  })

  test('istio_requests_total tells of each request at both ends: who, to whom, how it ended, and that it was mutual TLS', async () => {
    await mesh.call(caller, RATINGS, { times: 20 })
    const ends = {
      source_workload: 'caller',
      source_workload_namespace: 'default',
      source_principal: 'spiffe://cluster.local/ns/default/sa/default',
      destination_workload: 'ratings-v1',
      destination_version: 'v1',
      destination_principal: 'spiffe://cluster.local/ns/default/sa/bookinfo-ratings',
      destination_service: 'ratings.default.svc.cluster.local',
      destination_service_name: 'ratings',
      request_protocol: 'http',
      response_code: '200',
      response_flags: '-',
    }
    await eventually(async () => {
      const series = await prometheus.query('istio_requests_total{source_workload="caller",response_code="200"} >= 20')
      expect(series.map(({ metric }) => metric)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ ...ends, reporter: 'source' }),
          expect.objectContaining({ ...ends, reporter: 'destination', connection_security_policy: 'mutual_tls' }),
        ]),
      )
    }, EFFECT_LIMIT_MS)
  })

  test('what mixer counts by rules of users, Prometheus scrapes at its adapter by the name that Istio 1.0 gave the port', async () => {
    await applied('telemetry.yaml')
    await eventually(async () => {
      await mesh.call(caller, RATINGS, { times: 5 })
      const series = await prometheus.query('sum by (reporter, source_principal) (istio_requests_total{job="istio-mesh"})')
      expect(series.map(({ metric }) => metric)).toContainEqual({
        reporter: 'destination',
        source_principal: 'cluster.local/ns/default/sa/default',
      })
    }, EFFECT_LIMIT_MS)
  })

  test('the control plane tells of its own work', async () => {
    await eventually(async () => {
      const [proxies] = await prometheus.query('sum(pilot_xds{pod=~"istiod-.*"})')
      // Six of bookinfo, the caller, the ingress gateway.
      expect(proxies?.value).toBe(8)
      const [signed] = await prometheus.query('sum(citadel_server_success_cert_issuance_count{pod=~"istio-citadel-.*"})')
      expect(signed?.value).toBeGreaterThanOrEqual(8)
      const [rules] = await prometheus.query('sum(mixer_config_rule_config_count{pod=~"istio-telemetry-.*"})')
      expect(rules?.value).toBeGreaterThan(0)
    }, EFFECT_LIMIT_MS)
  })
})
