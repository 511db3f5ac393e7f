import { BenchRun } from '../harness/bench-run.ts'
import { costRatios, measure, startSubjects, subjectLines } from '../harness/subject.ts'
import { wrk } from '../harness/wrk.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend, startNginx } from '../peers/nginx.ts'

const BODY_BYTES = 490
const CONNECTIONS = 32
const HAPROXY_EDITS = ['http-request set-header x-bench forward', 'http-response set-header x-answered-by proxy']
const NGINX_EDITS = 'proxy_set_header x-bench forward; add_header x-answered-by proxy;'

/**
 * CPU time per forwarded HTTP/1.1 request with keep-alive, a header set on each way and counters on.
 * CPU time is what compares on a busy machine; rates and latencies are given for orientation.
 */
export async function* http1Forward(quick: boolean): AsyncGenerator<object> {
  await using run = await BenchRun.begin()
  const backend = await startBackend(run, { bytes: BODY_BYTES })
  const subjects = await startSubjects({
    meshwork: port => startMeshwork(run, resources(port, backend), port),
    envoy: port => startEnvoy(run, resources(port, backend), port),
    haproxy: port =>
      startHaproxy(run, [{ name: 'main', bind: `127.0.0.1:${port}`, server: `127.0.0.1:${backend}`, rules: HAPROXY_EDITS }], port),
    nginx: port => startNginx(run, port, backend, NGINX_EDITS),
  })
  const samples = await measure(subjects, quick, ({ port }, seconds) => wrk(port, seconds, { connections: CONNECTIONS }))
  yield* subjectLines('http1-forward', samples)
  yield { bench: 'http1-forward', ratios: costRatios(samples) }
}

function resources(port: number, backend: number): EnvoyResources {
  const host = {
    request_headers_to_add: [{ header: { key: 'x-bench', value: 'forward' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
    response_headers_to_add: [{ header: { key: 'x-answered-by', value: 'proxy' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
  }
  return { listeners: [listener(port, manager({ routes: [routeTo('backend')], host }))], clusters: [cluster(backend)] }
}
