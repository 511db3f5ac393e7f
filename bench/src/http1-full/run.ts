import { join } from 'node:path'
import { BenchRun } from '../harness/bench-run.ts'
import { costRatios, measure, startSubjects, subjectLines } from '../harness/subject.ts'
import { wrk } from '../harness/wrk.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend } from '../peers/nginx.ts'
import { type PolicyFilters, policyFilters } from './policy-filters.ts'

const BODY_BYTES = 490
const CONNECTIONS = 32
const ROUTES_BEFORE = [0, 1000, 10_000] as const

/**
 * A sidecar's whole work for a request: JWT (cached) and RBAC, access log to a file, trace headers, metrics,
 * with this many prefix routes before the one that matches.
 */
export async function* http1Full(quick: boolean): AsyncGenerator<object> {
  const policy = policyFilters()
  for (const routes of ROUTES_BEFORE) {
    await using run = await BenchRun.begin()
    const backend = await startBackend(run, { bytes: BODY_BYTES })
    const config = (port: number, name: string): EnvoyResources => resources(port, backend, routes, policy, join(run.folder, `${name}.log`))
    const subjects = await startSubjects({
      meshwork: port => startMeshwork(run, config(port, 'meshwork'), port),
      envoy: port => startEnvoy(run, config(port, 'envoy'), port),
    })
    const load = { connections: CONNECTIONS, headers: { authorization: `Bearer ${policy.token}` } }
    const samples = await measure(subjects, quick, ({ port }, seconds) => wrk(port, seconds, load))
    yield* subjectLines('http1-full', samples, { routes })
    yield { bench: 'http1-full', routes, ratios: costRatios(samples) }
  }
}

function resources(port: number, backend: number, routesBefore: number, { filters }: PolicyFilters, logFile: string): EnvoyResources {
  const before = Array.from({ length: routesBefore }, (_, i) => routeTo('backend', `/service-${i}/`))
  const more = {
    generate_request_id: true,
    tracing: {
      random_sampling: { value: 0 },
      provider: {
        name: 'envoy.tracers.zipkin',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.config.trace.v3.ZipkinConfig',
          collector_cluster: 'backend',
          collector_endpoint: '/api/v2/spans',
          collector_endpoint_version: 'HTTP_JSON',
        },
      },
    },
    access_log: [
      {
        name: 'envoy.access_loggers.file',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog', path: logFile },
      },
    ],
  }
  const routes = [...before, routeTo('backend')]
  return { listeners: [listener(port, manager({ routes, filters, more }))], clusters: [cluster(backend)] }
}
