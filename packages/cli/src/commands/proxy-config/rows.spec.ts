import { describe, expect, it } from 'vitest'
import { UNKNOWN_ORIGINS } from '../../mesh-api/row-origins.ts'
import { readConfigDump } from '../../mesh-api/config-dump.ts'
import { clusterRows, endpointRows } from './cluster-rows.ts'
import { listenerRows } from './listener-rows.ts'
import { routeRows } from './route-rows.ts'

const NONE = UNKNOWN_ORIGINS
const HCM = { typed_config: { rds: { route_config_name: 'http_proxy' } } }
const DUMP = readConfigDump({
  configs: [
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
      dynamic_listeners: [
        {
          active_state: {
            listener: {
              name: 'proxy',
              address: { socket_address: { address: '127.0.0.1', port_value: 20001 } },
              filter_chains: [
                { filters: [HCM] },
                {
                  filter_chain_match: { server_names: ['a.b'], transport_protocol: 'tls' },
                  filters: [{ typed_config: { cluster: 'c' } }],
                  transport_socket: {},
                },
              ],
            },
          },
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump',
      dynamic_route_configs: [
        {
          route_config: {
            name: 'http_proxy',
            virtual_hosts: [
              {
                name: 'reviews:9080',
                domains: ['reviews:9080'],
                routes: [
                  {
                    match: { prefix: '/', headers: [{ name: 'end-user' }] },
                    route: {
                      weighted_clusters: {
                        clusters: [
                          { name: 'x', weight: 20 },
                          { name: 'y', weight: 80 },
                        ],
                      },
                    },
                    metadata: { filter_metadata: { istio: { config: '/apis/x' }, meshwork: { origin: 'reviews.yaml:2' } } },
                  },
                ],
              },
            ],
          },
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
      static_clusters: [
        {
          cluster: {
            name: 'xds',
            type: 'STATIC',
            load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: '/s' } } } }] }] },
          },
        },
      ],
      dynamic_active_clusters: [{ cluster: { name: 'outbound|9080|v1|reviews.default.svc.cluster.local', type: 'EDS' } }],
    },
  ],
})

describe('rows of proxy-config', () => {
  it('lists a listener per filter chain', () => {
    expect(listenerRows(DUMP, NONE)).toEqual([
      { name: 'proxy', address: '127.0.0.1:20001', match: 'ALL', destination: 'Route: http_proxy', tls: false, object: '', origin: '' },
      {
        name: 'proxy',
        address: '127.0.0.1:20001',
        match: 'sni: a.b; transport: tls',
        destination: 'Cluster: c',
        tls: true,
        object: '',
        origin: '',
      },
    ])
  })

  it('names the file and line that made a route', () => {
    expect(routeRows(DUMP, NONE)).toEqual([
      {
        name: 'http_proxy',
        virtualHost: 'reviews:9080',
        domains: ['reviews:9080'],
        match: '/* + end-user',
        target: 'x 20, y 80',
        object: '',
        origin: 'reviews.yaml:2',
      },
    ])
  })

  it('takes cluster names apart', () => {
    expect(clusterRows(DUMP, NONE)).toEqual([
      { name: 'xds', direction: '', port: '', subset: '', host: 'xds', type: 'STATIC', tls: false, object: '', origin: '' },
      {
        name: 'outbound|9080|v1|reviews.default.svc.cluster.local',
        direction: 'outbound',
        port: '9080',
        subset: 'v1',
        host: 'reviews.default.svc.cluster.local',
        type: 'EDS',
        tls: false,
        object: '',
        origin: '',
      },
    ])
  })

  it('lists endpoints of clusters that carry them', () => {
    expect(endpointRows(DUMP, NONE)).toEqual([
      { cluster: 'xds', address: 'unix:/s', health: 'HEALTHY', weight: '1', object: '', origin: '' },
    ])
  })

  it.each([undefined, null, {}, { configs: 5 }, { configs: [null, { '@type': 'x.ListenersConfigDump' }] }])('reads %j as empty', answer => {
    expect(listenerRows(readConfigDump(answer), NONE)).toEqual([])
  })
})
