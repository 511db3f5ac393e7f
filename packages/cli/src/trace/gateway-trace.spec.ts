import { fileLocator, readText } from '@meshwork/config/file'
import { describe, expect, it } from 'vitest'
import { meshModel } from './mesh-model.ts'
import { parseRequest } from './request.ts'
import { findSource } from './source.ts'
import { citer, type Step } from './step.ts'
import { traceRequest } from './trace.ts'

const TEXT = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: ["shop.example.com"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com]
  gateways: [infra/edge]
  http:
    - match:
        - uri: {prefix: /cart}
      delegate: {name: cart, namespace: cart}
    - route:
        - destination: {host: list}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: cart}
spec:
  http:
    - match:
        - headers: {beta: {exact: "1"}}
      route:
        - destination: {host: cart-beta}
    - match:
        - uri: {prefix: /cart/items}
      route:
        - destination: {host: cart}
---
{apiVersion: v1, kind: Service, metadata: {name: list}, spec: {selector: {app: list}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: cart}, spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart-beta, namespace: cart}, spec: {selector: {app: cart-beta}, ports: [{name: http, port: 80}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart-v1, namespace: cart}, spec: {template: {metadata: {labels: {app: cart}}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: list-v1}, spec: {template: {metadata: {labels: {app: list}}}}}
`

function trace(url: string, headers: readonly string[] = []): { readonly steps: readonly Step[]; readonly outcomes: readonly string[] } {
  const { objects, rejections, documents } = readText(TEXT, 'm.yaml')
  expect(rejections).toEqual([])
  const model = meshModel(objects, documents)
  const traced = traceRequest(
    findSource('gateway', model),
    parseRequest(url, 'GET', headers),
    model,
    citer(fileLocator(new Map([['m.yaml', TEXT]]))),
  )
  return { steps: [...traced.steps, ...traced.ways.flatMap(way => way.steps)], outcomes: traced.ways.map(way => way.outcome) }
}

function lineOf(wanted: string): number {
  return TEXT.split('\n').findIndex(line => line.trim() === wanted) + 1
}

function linesOf(steps: readonly Step[], stage: string): readonly number[] {
  return steps.find(each => each.stage === stage)?.at.map(({ line }) => line) ?? []
}

describe('from outside of the mesh', () => {
  it('cites the gateway, and the rule of the VirtualService that another delegates to', () => {
    const { steps, outcomes } = trace('http://shop.example.com/cart/items')
    expect(linesOf(steps, 'listener')).toEqual([lineOf('- port: {number: 80, name: http, protocol: HTTP}')])
    expect(linesOf(steps, 'route')).toEqual([lineOf('- uri: {prefix: /cart/items}')])
    const passed = steps.find(each => each.stage === 'route')?.passed
    expect(passed).toEqual([
      {
        what: 'spec.http[0].match[0]',
        why: "the header beta is missing, and must be '1'",
        at: expect.objectContaining({ object: 'VirtualService cart/cart', line: lineOf('- headers: {beta: {exact: "1"}}') }),
      },
    ])
    expect(outcomes).toEqual(['the request reaches cart-v1 in namespace cart, port 80'])
  })

  it.each([
    ['http://shop.example.com/', 'the request reaches list-v1 in namespace default, port 80'],
    ['http://other.example.com/', '404: no virtual host has this name. A VirtualService or Service must name it'],
    ['http://shop.example.com:8080/', 'the connection is refused. Add a server with this port to the Gateway'],
  ])('%s: %s', (url, outcome) => {
    expect(trace(url).outcomes).toEqual([outcome])
  })

  it('names a destination without pods', () => {
    expect(trace('http://shop.example.com/cart', ['beta=1']).outcomes[0]).toMatch(
      /^503 with the flag UH: no ready pod has the labels app=cart-beta/,
    )
  })
})
