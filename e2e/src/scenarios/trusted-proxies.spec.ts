import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { GATEWAY_PORT } from '../backend/local/mesh-file.ts'
import type { Mesh } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'

/** A gateway that lets nobody in but this client, and whoever asks for a path of its own round. */
const CLIENT = '9.9.9.9'
const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: ${GATEWAY_PORT}, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: default}
spec: {hosts: ["*"], gateways: [shop], http: [{route: [{destination: {host: echo, port: {number: 8000}}}]}]}
`

function edge(round: number): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: edge, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  rules:
  - from: [{source: {remoteIpBlocks: [${CLIENT}]}}]
  - to: [{operation: {paths: ["/round-${round}"]}}]
`
}

function meshConfig(proxies: number): string {
  return `{apiVersion: meshwork.dev/v1, kind: MeshConfig, metadata: {name: default}, spec: {accessLogFile: /dev/stdout, defaultConfig: {gatewayTopology: {numTrustedProxies: ${proxies}}}}}`
}

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start({
    name: 'edge',
    services: [{ name: 'echo', port: 8000, versions: ['v1'] }],
    config: { gateway: GATEWAY },
  })
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

async function status(forwardedFor: string | undefined, path: string = '/'): Promise<number> {
  const headers = { connection: 'close', ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }) }
  return (await mesh.gateway({ host: 'shop.example', path, headers })).status
}

it('[security-77] the client is who the trusted proxies say; what it wrote itself is ignored', async () => {
  /** By number of trusted proxies: what must be let in, and what not. */
  const rounds: readonly (readonly [letIn: readonly string[], refused: readonly (string | undefined)[]])[] = [
    [[], [undefined, CLIENT, `${CLIENT}, 1.1.1.1`, `1.1.1.1, ${CLIENT}`]],
    [
      [CLIENT, `1.1.1.1, ${CLIENT}`],
      [undefined, `${CLIENT}, 1.1.1.1`, '1.1.1.1'],
    ],
    [
      [`${CLIENT}, 1.1.1.1`, `2.2.2.2, ${CLIENT}, 1.1.1.1`],
      [undefined, `1.1.1.1, ${CLIENT}`, `${CLIENT}, 1.1.1.1, 2.2.2.2`],
    ],
  ]
  for (const [proxies, [letIn, refused]] of rounds.entries()) {
    await mesh.apply('mesh', meshConfig(proxies))
    await mesh.apply('edge', edge(proxies))
    await eventually(async () => expect(await status(undefined, `/round-${proxies}`)).toBe(200))
    for (const header of letIn) expect([proxies, header, await status(header)]).toEqual([proxies, header, 200])
    for (const header of refused) expect([proxies, header, await status(header)]).toEqual([proxies, header, 403])
  }
})
