import { type ChildProcess, fork } from 'node:child_process'
import { type requestCallback, Server, ServerCredentials } from '@grpc/grpc-js'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { Router } from '@meshwork/protos/envoy/extensions/filters/http/router/v3/router'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { messageType, packAny } from '@meshwork/protos/any'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'

const SERVICE = 'greeter'
const METHOD = '/greeter/name'
const ADS = { configSourceSpecifier: { $case: 'ads' as const, value: {} } }

/** A server whose one method answers with `name`. */
async function greeter(name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server()
  const text = { serialize: (value: string) => Buffer.from(value), deserialize: (value: Buffer) => value.toString() }
  const method = { path: METHOD, requestStream: false, responseStream: false } as const
  const definition = {
    ...method,
    requestSerialize: text.serialize,
    requestDeserialize: text.deserialize,
    responseSerialize: text.serialize,
    responseDeserialize: text.deserialize,
  }
  server.addService({ name: definition }, { name: (_call: unknown, callback: requestCallback<string>) => callback(null, name) })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  return { server, port }
}

function listener(): XdsResource {
  const manager = HttpConnectionManager.fromPartial({
    routeSpecifier: { $case: 'rds', value: { configSource: ADS_SOURCE, routeConfigName: 'routes' } },
    httpFilters: [
      {
        name: 'router',
        configType: {
          $case: 'typedConfig',
          value: packAny(messageType('envoy.extensions.filters.http.router.v3.Router', Router), Router.create()),
        },
      },
    ],
  })
  const type = messageType('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', HttpConnectionManager)
  return seal(LISTENER_TYPE, SERVICE, () =>
    Listener.encode(Listener.fromPartial({ name: SERVICE, apiListener: { apiListener: packAny(type, manager) } })).finish(),
  )
}

const ADS_SOURCE = { ...ADS, resourceApiVersion: 2 as const }

function routes(cluster: string): XdsResource {
  const route = {
    match: { pathSpecifier: { $case: 'prefix' as const, value: '' } },
    action: { $case: 'route' as const, value: { clusterSpecifier: { $case: 'cluster' as const, value: cluster } } },
  }
  return seal(ROUTE_TYPE, 'routes', () =>
    RouteConfiguration.encode(
      RouteConfiguration.fromPartial({ name: 'routes', virtualHosts: [{ name: 'all', domains: ['*'], routes: [route] }] }),
    ).finish(),
  )
}

function cluster(name: string): XdsResource {
  const eds = { clusterDiscoveryType: { $case: 'type' as const, value: 3 as const }, edsClusterConfig: { edsConfig: ADS_SOURCE } }
  return seal(CLUSTER_TYPE, name, () => Cluster.encode(Cluster.fromPartial({ name, ...eds })).finish())
}

function endpoints(name: string, port: number): XdsResource {
  const address = {
    address: {
      $case: 'socketAddress' as const,
      value: { address: '127.0.0.1', portSpecifier: { $case: 'portValue' as const, value: port } },
    },
  }
  const group = {
    locality: { region: 'r' },
    loadBalancingWeight: 1,
    lbEndpoints: [{ hostIdentifier: { $case: 'endpoint' as const, value: { address } } }],
  }
  return seal(ENDPOINT_TYPE, name, () =>
    ClusterLoadAssignment.encode(ClusterLoadAssignment.fromPartial({ clusterName: name, endpoints: [group] })).finish(),
  )
}

describe("gRPC's own xDS client", () => {
  const controlPlane = new TestControlPlane()
  const servers: Server[] = []
  const answers: string[] = []
  let caller: ChildProcess | null = null

  beforeEach(() => controlPlane.start())

  afterEach(() => {
    caller?.kill()
    controlPlane.stop()
    for (const server of servers) server.forceShutdown()
  })

  async function started(name: string): Promise<number> {
    const { server, port } = await greeter(name)
    servers.push(server)
    return port
  }

  function startCaller(): void {
    caller = fork(new URL('./testdata/grpc-xds-caller.mjs', import.meta.url), [controlPlane.address, METHOD], {
      silent: true,
      execArgv: [],
    })
    caller.stdout?.setEncoding('utf8').on('data', (text: string) => answers.push(...text.trim().split('\n')))
  }

  async function expectAnswers(...expected: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect(answers).toEqual(expected), { timeout: 20_000 })
  }

  it('reaches endpoints that our server tells it, and follows changes without a failed call', async () => {
    const [one, two] = [await started('one'), await started('two')]
    controlPlane.set(
      new Map([
        [LISTENER_TYPE, [listener()]],
        [ROUTE_TYPE, [routes('a')]],
        [CLUSTER_TYPE, [cluster('a')]],
        [ENDPOINT_TYPE, [endpoints('a', one)]],
      ]),
    )
    startCaller()
    await expectAnswers('one')
    controlPlane.set(new Map([[ENDPOINT_TYPE, [endpoints('a', two)]]]))
    await expectAnswers('one', 'two')
    controlPlane.set(
      new Map([
        [CLUSTER_TYPE, [cluster('b')]],
        [ENDPOINT_TYPE, [endpoints('b', one)]],
        [ROUTE_TYPE, [routes('b')]],
      ]),
    )
    await expectAnswers('one', 'two', 'one')
    expect(controlPlane.answers.filter(({ error }) => error !== null)).toEqual([])
  })
})
