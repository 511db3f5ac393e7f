import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileLocator, readText } from '@meshwork/config/file'
import { describe, expect, it } from 'vitest'
import { meshModel } from './mesh-model.ts'
import { parseRequest } from './request.ts'
import { findSource } from './source.ts'
import { citer, type Step } from './step.ts'
import { traceRequest, type Trace } from './trace.ts'

const TEXT = readFileSync(path.join(import.meta.dirname, 'testdata/bookinfo.yaml'), 'utf8')

interface Asking {
  readonly from?: string
  readonly method?: string
  readonly headers?: readonly string[]
  readonly text?: string
}

function trace(url: string, { from = 'productpage', method = 'GET', headers = [], text = TEXT }: Asking = {}): Trace {
  const { objects, rejections, documents } = readText(text, 'm.yaml')
  expect(rejections).toEqual([])
  const model = meshModel(objects, documents)
  const cite = citer(fileLocator(new Map([['m.yaml', text]])))
  return traceRequest(findSource(from, model), parseRequest(url, method, headers), model, cite)
}

/** 1-based line of the nth occurrence of a text. */
function lineOf(wanted: string, nth = 1, text = TEXT): number {
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === wanted ? [i + 1] : []))
  return lines[nth - 1] ?? -1
}

function stage(trace: Trace, name: string): Step {
  const found = [...trace.steps, ...trace.ways.flatMap(way => way.steps)].find(each => each.stage === name)
  if (found === undefined) throw new Error(`no step '${name}'`)
  return found
}

const linesOf = ({ at }: Step): readonly number[] => at.map(({ line }) => line)

describe('traceRequest', () => {
  it('cites the line of the match that decides, and says why the ones before did not', () => {
    const traced = trace('http://reviews:9080/x', { headers: ['end-user=jason'] })
    const route = stage(traced, 'route')
    expect(route.decision).toBe('to outbound|9080|v2|reviews.default.svc.cluster.local')
    expect(linesOf(route)).toEqual([lineOf('- headers:')])
    expect(route.passed).toEqual([
      {
        what: "spec.http[0].match[0] ('beta')",
        why: 'it is for callers with the label app=ratings, and this one has productpage',
        at: expect.objectContaining({ line: lineOf('- sourceLabels:') }),
      },
    ])
    expect(traced.ways.map(way => way.outcome)).toEqual(['the request reaches reviews-v2 in namespace default, port 9080'])
  })

  it('takes the second block of a match for itself', () => {
    const route = stage(trace('http://reviews:9080/?user=jason'), 'route')
    expect(linesOf(route)).toEqual([lineOf('- queryParams:')])
    expect(route.passed.map(each => each.why)).toContain("the header end-user is missing, and must be 'jason'")
  })

  it('follows every destination of a split, with its subset', () => {
    const traced = trace('http://reviews.default.svc.cluster.local:9080/')
    expect(traced.ways.map(({ share, outcome }) => [share, outcome])).toEqual([
      [80, 'the request reaches reviews-v1 in namespace default, port 9080'],
      [20, 'the request reaches reviews-v2 in namespace default, port 9080'],
    ])
    const cluster = traced.ways[1]?.steps[0]
    expect(cluster?.at.map(({ line }) => line)).toContain(lineOf('- name: v2'))
  })

  it.each([
    ['http://reviews:9080/lost', "503 with the flag NC: no DestinationRule defines the subset 'v9' (there are v1, v2, v3). Add it"],
    [
      'http://reviews:9080/empty',
      '503 with the flag UH: no ready pod has the labels app=reviews,version=v3. Correct the labels, or start the pods',
    ],
    ['http://reviews:9080/faulty', 'the proxy answers 418 itself: a fault is injected (flag FI). Remove the fault to reach the service'],
    ['http://reviews:9080/old', 'the proxy answers with a redirect to /new'],
    [
      'http://elsewhere.example.com:8081/',
      'it goes to the address that was dialled, unchanged (PassthroughCluster). Add a ServiceEntry to route it, secure it and see it',
    ],
  ])('%s ends with the reason and what to do', (url, outcome) => {
    expect(trace(url).ways.map(way => way.outcome)).toEqual([outcome])
  })

  it('applies policies of the server: identity and method', () => {
    const allowed = stage(trace('http://reviews:9080/', { headers: ['end-user=jason'] }), 'policy')
    expect(linesOf(allowed)).toEqual([lineOf('- from:', 2)])
    expect(allowed.passed[0]).toMatchObject({ why: "the caller's namespace is default, not other", at: { line: lineOf('- from:') } })
    const refused = trace('http://reviews:9080/', { method: 'POST', headers: ['end-user=jason'] })
    expect(refused.ways.map(way => way.outcome)).toEqual(['403, RBAC: access denied'])
    expect(stage(refused, 'policy').passed.map(each => each.why)).toContain('the method is POST, not GET')
  })

  it('knows that STRICT refuses callers that send plain text', () => {
    const text = TEXT.replace('  host: reviews\n', '  host: reviews\n  trafficPolicy:\n    tls:\n      mode: DISABLE\n')
    const traced = trace('http://reviews:9080/', { text, headers: ['end-user=jason'] })
    expect(linesOf(stage(traced, 'server mTLS'))).toEqual([lineOf('mode: STRICT', 1, text)])
    expect(linesOf(stage(traced, 'client TLS'))).toEqual([lineOf('tls:', 1, text)])
    expect(traced.ways[0]?.outcome).toMatch(/^the connection is closed; the caller sees 503 with the flag UC/)
  })

  it('follows opaque bytes, and pods without a sidecar', () => {
    const traced = trace('tcp://mysql:3306')
    expect(stage(traced, 'client TLS').because).toBe('the endpoint has no sidecar')
    expect(traced.ways.map(way => way.outcome)).toEqual(['the request reaches mysql-v1 in namespace default, port 3306'])
  })

  it('names the nearest workload for one that does not exist', () => {
    expect(() => trace('http://reviews:9080/', { from: 'produktpage' })).toThrow(
      "there is no workload 'produktpage', did you mean 'productpage'?",
    )
  })
})
