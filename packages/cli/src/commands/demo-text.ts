import type { DemoReport } from '../demo/report.ts'
import type { Style } from '../output/style.ts'
import { renderTable } from '../output/table.ts'
import type { DemoResult } from './demo.ts'
import { statusTable } from './local/status-table.ts'

/** For `meshctl demo`: what runs where, and what to try. */
export function demoGuide({ state, startedInMs, config }: DemoResult, style: Style): string {
  const url = state.gateways[0]?.url ?? ''
  const metrics = state.processes.find(each => each.name === 'adapter/prometheus')?.ports['metrics']
  const table = statusTable(
    state.processes.map(each => ({ ...each, sync: '' })),
    style,
  )
  return `${table}
${style.bold('Bookinfo')} is up after ${(startedInMs / 1000).toFixed(1)} s: ${style.bold(`${url}/productpage`)}

Try:
  curl -s ${url}/api/v1/products/0                     a page as data, with every hop and the identity of its caller
  curl -s ${url}/api/v1/products/0/ratings -H 'end-user: mallory'
                                                       refused by mixer: 403
  curl -s ${url}/api/v1/products/0 -H 'end-user: jason'  always reviews v2
  edit ${config}/reviews.yaml
                                                       change a weight, save, reload the page
  curl -s http://127.0.0.1:${metrics ?? 42422}/metrics   requests as mixer reported them
  meshctl local status                                 what runs, with restarts and configuration state
  meshctl proxy-status                                 what each proxy acknowledged
  meshctl proxy-config routes productpage-v1           what a proxy was told, and by which line of which file
  meshctl local run --name web --port 3000 -- CMD      your own program in this mesh

Ctrl-C stops everything.
`
}

/** For `meshctl demo --once`. */
export function demoSummary({ startedInMs }: DemoResult, report: DemoReport, style: Style): string {
  const counts = renderTable(
    ['WORKLOAD', 'REQUESTS'],
    report.requests.map(each => [each.workload, String(each.counted)]),
  )
  const identities = renderTable(
    ['CALLED', 'IDENTITY OF THE CALLER'],
    report.identities.map(each => [each.service, each.seen.join(', ')]),
  )
  const split = renderTable(
    ['REVIEWS', 'CONFIGURED', 'MEASURED', 'REQUESTS'],
    report.split.map(each => [each.version, `${each.configuredPercent} %`, `${each.measuredPercent} %`, String(each.requests)]),
  )
  const findings = report.findings
    .map(({ what, held, detail }) => `${held ? style.good('held  ') : style.bad('FAILED')} ${what}: ${detail}\n`)
    .join('')
  const failed = report.findings.filter(each => !each.held).length
  const verdict = failed === 0 ? style.good('all of it held') : style.bad(`${failed} of ${report.findings.length} did not hold`)
  return `up after ${(startedInMs / 1000).toFixed(1)} s\n\n${counts}\n${identities}\n${split}\n${findings}\n${verdict}\n`
}
