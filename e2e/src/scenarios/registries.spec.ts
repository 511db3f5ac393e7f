import { mkdtempSync, chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOwnScenario } from '@meshwork/testkit/conformance'
import { podNetworkObstacle } from '@meshwork/testkit/net'
import { describe, expect, it } from 'vitest'
import { answeredBy, CLOSED, connect, entry, get, type RegistryScenario, registryScenario, takenBy } from '../mesh/registry-world.ts'

const HTTP = 'ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]'
const TCP = 'ports: [{number: 7000, name: tcp, protocol: TCP}]'

const HEADLESS = `
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: tcp, port: 7000}, {name: http, port: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: default, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: tcp, port: 7000}, {name: http, port: 8080}]
endpoints: [{addresses: [10.44.5.1], hostname: db-0}]
`
const UDP = `
apiVersion: v1
kind: Service
metadata: {name: names, namespace: default}
spec: {clusterIP: 10.96.0.53, ports: [{name: dns, port: 7000, protocol: UDP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: names-1, namespace: default, labels: {kubernetes.io/service-name: names}}
addressType: IPv4
ports: [{name: dns, port: 7000, protocol: UDP}]
endpoints: [{addresses: [10.44.5.1]}]
`
const EXTERNAL_NAME = `
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: real.example}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: alias, namespace: default}
spec:
  hosts: [alias]
  http:
  - match: [{uri: {prefix: /gone}}]
    directResponse: {status: 410}
  - route: [{destination: {host: alias}}]
---${entry('real.example', `resolution: STATIC, ${HTTP}, endpoints: [{address: 10.44.5.1}]`)}`
const WORKLOADS = `
apiVersion: v1
kind: Service
metadata: {name: vms, namespace: default}
spec: {clusterIP: 10.96.0.60, selector: {app: vm}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm-1, namespace: default}
spec: {address: 10.44.5.1, labels: {app: vm}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ill, namespace: default, annotations: {proxy.istio.io/health-checks-enabled: "true"}}
spec: {address: 10.44.5.2, labels: {app: vm}}
---${entry('vms.example', `addresses: [240.0.0.5], location: MESH_INTERNAL, resolution: STATIC, workloadSelector: {labels: {app: vm}}, ${HTTP}`)}`

const CASES: readonly (readonly [title: string, scenario: RegistryScenario])[] = [
  [
    '[traffic-5] an unknown TCP destination is closed',
    { id: 'unknown-tcp', yaml: entry('a.example', TCP), calls: [connect('10.44.5.1:7001', CLOSED), connect('10.44.5.1:22', CLOSED)] },
  ],
  ['[traffic-46] a UDP port has no listener', { id: 'udp', yaml: UDP, calls: [connect('10.96.0.53:7000', CLOSED)] }],
  [
    '[traffic-47] a headless service leads to the pod that was dialled, by address and by name',
    {
      id: 'headless',
      yaml: HEADLESS,
      calls: [
        connect('10.44.5.1:7000', takenBy('one')),
        connect('10.44.5.2:7000', CLOSED),
        get('10.44.5.1:8080', 'db-0.db:8080', answeredBy('one')),
        get('10.44.5.1:8080', 'db:8080', answeredBy('one')),
      ],
    },
  ],
  [
    '[traffic-48] a VirtualService routes the host of an ExternalName',
    {
      id: 'external-name',
      yaml: EXTERNAL_NAME,
      calls: [
        get('10.44.9.9:80', 'alias', answeredBy('one')),
        {
          request: { dial: '10.44.9.9:80', proto: 'http', method: 'GET', host: 'alias', path: '/gone' },
          must: { status: 410, endpoint: null },
        },
      ],
    },
  ],
  [
    '[traffic-96] a ServiceEntry finds its endpoints by DNS',
    {
      id: 'dns',
      yaml: entry('named.example', `resolution: DNS, ${HTTP}, endpoints: [{address: localhost, ports: {http: 8090}}]`),
      calls: [
        {
          ...get('10.44.9.9:80', 'named.example', answeredBy('beside')),
          request: { dial: '10.44.9.9:80', proto: 'http', method: 'GET', host: 'named.example', path: '/', waitBeforeSeconds: 1 },
        },
      ],
    },
  ],
  [
    '[traffic-97] [traffic-101] static endpoints are balanced, and their labels make subsets',
    {
      id: 'static',
      yaml: `${entry('two.example', `addresses: [240.0.0.6], resolution: STATIC, ${HTTP}, endpoints: [{address: 10.44.5.1}, {address: 10.44.5.2, labels: {v: two}}]`)}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: two, namespace: default}
spec: {host: two.example, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}, subsets: [{name: two, labels: {v: two}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: two, namespace: default}
spec:
  hosts: [two.example]
  http:
  - match: [{headers: {only: {exact: two}}}]
    route: [{destination: {host: two.example, subset: two}}]
  - route: [{destination: {host: two.example}}]
`,
      calls: [
        {
          request: { dial: '240.0.0.6:80', proto: 'http', method: 'GET', host: 'two.example', path: '/', count: 10 },
          must: { share: { one: 50, two: 50 }, tolerancePoints: 10 },
        },
        {
          request: {
            dial: '240.0.0.6:80',
            proto: 'http',
            method: 'GET',
            host: 'two.example',
            path: '/',
            headers: { only: 'two' },
            count: 5,
          },
          must: { endpoints: { two: 5 } },
        },
      ],
    },
  ],
  [
    '[traffic-99] a block of addresses is reached, and nothing outside of it',
    {
      id: 'cidr',
      yaml: entry('net.example', `addresses: [10.44.5.0/31, 10.44.7.7], ${TCP}`),
      calls: [connect('10.44.5.1:7000', takenBy('one')), connect('10.44.5.2:7000', CLOSED)],
    },
  ],
  [
    '[traffic-102] an endpoint inside the mesh is called with mutual TLS, and knows who calls',
    {
      id: 'internal',
      yaml: `${entry('machine.example', `addresses: [240.0.0.7], location: MESH_INTERNAL, resolution: STATIC, ${HTTP}, endpoints: [{address: 10.44.3.1, serviceAccount: machine}]`)}---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: default}
spec: {mtls: {mode: STRICT}}
`,
      calls: [
        get('240.0.0.7:80', 'machine.example', {
          ...answeredBy('machine'),
          upstream: {
            headers: {
              'x-forwarded-client-cert':
                'By=spiffe://cluster.local/ns/default/sa/machine;Hash=<hash>;Subject="";URI=spiffe://cluster.local/ns/default/sa/client',
            },
          },
        }),
      ],
    },
  ],
  [
    'WorkloadEntries serve a Service and a ServiceEntry that select them, unless they are ill',
    {
      id: 'workloads',
      yaml: WORKLOADS,
      calls: [0, 1, 2].flatMap(() => [
        get('10.96.0.60:80', 'vms', answeredBy('one')),
        get('240.0.0.5:80', 'vms.example', answeredBy('one')),
      ]),
    },
  ],
]

const obstacle = podNetworkObstacle()

describe.skipIf(obstacle !== null)(`registries behind real redirection${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  it.each(CASES)('%s', async (_, scenario) => {
    expect(await runOwnScenario(registryScenario(scenario))).toEqual([])
  })

  it('[traffic-100] a unix socket is an endpoint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-pipe-'))
    chmodSync(folder, 0o755)
    const path = join(folder, 'pipe.sock')
    const server = createServer(socket => socket.once('data', bytes => socket.end(`pipe got ${bytes.toString()}`)))
    await new Promise<void>(resolve => server.listen({ path, writableAll: true, readableAll: true }, resolve))
    try {
      const yaml = entry('pipe.example', `addresses: [240.0.0.8], resolution: STATIC, ${TCP}, endpoints: [{address: "unix://${path}"}]`)
      const calls = [connect('240.0.0.8:7000', takenBy('pipe'))]
      expect(await runOwnScenario(registryScenario({ id: 'pipe', yaml, calls }))).toEqual([])
    } finally {
      await new Promise(resolve => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
