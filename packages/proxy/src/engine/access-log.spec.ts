import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { AccessLogConfig } from '../model/access-log.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

async function logged(format: AccessLogConfig['format'], paths: readonly string[]): Promise<string[]> {
  const path = join(tmpdir(), `meshwork-log-${process.pid}-${Math.random()}.log`)
  const harness = new Harness()
  try {
    const { port } = await harness.httpServer((_request, response) => response.end('hello'))
    harness.engine.setCluster(cluster('outbound|80||a', [endpoint(port)]))
    const table = routeTable('r', [virtualHost(['*'], [route('/ok', routeAction([['outbound|80||a', 1]]), { name: 'first' })])])
    const accessLog = [{ filter: null, sink: { kind: 'file', path }, format }] as const
    const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { accessLog }))]))
    for (const request of paths) await get(proxy, { path: request, headers: { 'user-agent': 'test "quoted"' } })
    await delay(200)
    return (await readFile(path, 'utf8')).split('\n')
  } finally {
    await harness.close()
    await rm(path, { force: true })
  }
}

test("Envoy's line when no format is given", async () => {
  const [line = ''] = await logged({ kind: 'text', template: '', omitEmpty: false }, ['/ok?x'])
  expect(line).toMatch(
    /^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] "GET \/ok\?x HTTP\/1\.1" 200 - 0 5 \d+ \d+ "-" "test \\x22quoted\\x22" "[0-9a-f-]{36}" "127\.0\.0\.1:\d+" "127\.0\.0\.1:\d+"$/,
  )
})

test('JSON keeps numbers and escapes the rest', async () => {
  const fields = {
    code: '%RESPONSE_CODE%',
    flags: '%RESPONSE_FLAGS%',
    agent: '%REQ(USER-AGENT)%',
    cluster: '%UPSTREAM_CLUSTER%',
    route: '%ROUTE_NAME%',
    both: '%REQ(:METHOD)% %PROTOCOL%',
  }
  const lines = await logged({ kind: 'json', fields, omitEmpty: false }, ['/ok', '/none'])
  expect(lines.slice(0, 2).map(line => JSON.parse(line))).toEqual([
    { code: 200, flags: '-', agent: 'test "quoted"', cluster: 'outbound|80||a', route: 'first', both: 'GET HTTP/1.1' },
    { code: 404, flags: 'NR', agent: 'test "quoted"', cluster: null, route: null, both: 'GET HTTP/1.1' },
  ])
})
