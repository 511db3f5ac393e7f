import { BenchRun } from '../harness/bench-run.ts'
import { medianInterval } from '../harness/interval.ts'
import { type LoadOn, measure, round, type Schedule, startSubjects } from '../harness/subject.ts'
import { wrk } from '../harness/wrk.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo } from '../peers/envoy-resources.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend } from '../peers/nginx.ts'

const CONNECTIONS = 32
const FEW = 10
const MANY = 10_000
const TARGET = 1.05
/** Many short pairs: what disturbs the machine falls on few of them, and the interval of the median says how sure it is. */
const QUICK: Schedule = { rounds: 20, seconds: 1 }
const THOROUGH: Schedule = { rounds: 30, seconds: 3 }

type RouteAt = (i: number) => object

const prefix: RouteAt = i => routeTo('backend', `/service-${i}/`)
const exact: RouteAt = i => ({ match: { path: `/service-${i}/item` }, route: { cluster: 'backend', timeout: '0s' } })

const TABLES: Readonly<Record<string, RouteAt>> = {
  prefixes: prefix,
  exact,
  mixed: i => (i % 2 === 0 ? prefix(i) : exact(i)),
}

/** What our own request costs with 10,000 routes in one host against 10: the last route matches. */
export async function* routes10k(quick: boolean): AsyncGenerator<object> {
  for (const [table, routeAt] of Object.entries(TABLES)) {
    await using run = await BenchRun.begin()
    const backend = await startBackend(run, { bytes: 490 })
    const subjects = await startSubjects({
      [`meshwork ${FEW}`]: port => startMeshwork(run, resources(port, backend, routeAt, FEW), port),
      [`meshwork ${MANY}`]: port => startMeshwork(run, resources(port, backend, routeAt, MANY), port),
    })
    const load: LoadOn = ({ name, port }, seconds) =>
      wrk(port, seconds, { connections: CONNECTIONS, path: `/service-${Number(name.split(' ')[1]) - 1}/item` })
    const samples = await measure(subjects, quick, load, quick ? QUICK : THOROUGH)
    const few = (samples.get(`meshwork ${FEW}`) ?? []).map(run => run.cpuUsPerRequest)
    const many = (samples.get(`meshwork ${MANY}`) ?? []).map(run => run.cpuUsPerRequest)
    const ratios = many.map((cost, i) => cost / (few[i] ?? cost))
    const { low, median, high } = medianInterval(ratios)
    yield { bench: 'routes-10k', table, subject: 'meshwork', pairs: ratios.map(ratio => round(ratio, 3)) }
    yield { bench: 'routes-10k', table, ratio: round(median, 3), interval: [round(low, 3), round(high, 3)], target_below: TARGET }
  }
}

function resources(port: number, backend: number, routeAt: RouteAt, count: number): EnvoyResources {
  const routes = Array.from({ length: count }, (_, i) => routeAt(i))
  return { listeners: [listener(port, manager({ routes }))], clusters: [cluster(backend)] }
}
