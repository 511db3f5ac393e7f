import { describe, expect, it } from 'vitest'
import { parseProxyOptions } from '../bootstrap/proxy-options.ts'
import { parseDownwardFile } from './downward-file.ts'
import { type PodFiles, podSettings } from './pod-settings.ts'

/** As the injection template writes them. */
const POD = {
  POD_NAME: 'web-1',
  POD_NAMESPACE: 'shop',
  INSTANCE_IP: '10.0.0.7',
  SERVICE_ACCOUNT: 'web',
  CA_ADDR: 'istio-citadel.mesh.svc:8060',
  TRUST_DOMAIN: 'example.org',
  PROXY_CONFIG:
    '{"discoveryAddress":"istiod.mesh.svc:15012","terminationDrainDuration":"1m30s","proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}}',
  ISTIO_META_CLUSTER_ID: 'east',
  ISTIO_META_WORKLOAD_NAME: 'web',
  ISTIO_META_INTERCEPTION_MODE: 'TPROXY',
  ISTIO_METAJSON_LABELS: '{"LABELS":{"extra":"1"}}',
}

function files(contents: Readonly<Record<string, string>> = {}, writable: readonly string[] = []): PodFiles {
  return { read: path => contents[path], isWritable: folder => writable.includes(folder) }
}

describe('a proxy in a pod', () => {
  it('needs no flags', () => {
    const labels = files({ '/etc/istio/pod/labels': 'app="web"\n' }, ['/var/lib/istio/data'])
    const options = parseProxyOptions(['sidecar'], podSettings(POD, labels))
    expect(options).toMatchObject({
      node: 'sidecar~10.0.0.7~web-1.shop~shop.svc.cluster.local',
      metadata: {
        NAME: 'web-1',
        NAMESPACE: 'shop',
        SERVICE_ACCOUNT: 'web',
        LABELS: { app: 'web', extra: '1' },
        CLUSTER_ID: 'east',
        WORKLOAD_NAME: 'web',
        INTERCEPTION_MODE: 'TPROXY',
        DNS_CAPTURE: 'true',
      },
      xds: { kind: 'tcp', host: 'istiod.mesh.svc', port: 15_012 },
      xdsTrust: { rootFile: '/var/run/secrets/istio/root-cert.pem', tokenFile: '/var/run/secrets/tokens/istio-token' },
      admin: { kind: 'tcp', host: '127.0.0.1', port: 15_000 },
      identity: { flags: { namespace: 'shop', serviceAccount: 'web', trustDomain: 'example.org', ca: 'istio-citadel.mesh.svc:8060' } },
      pod: { termination: { graceMs: 90_000, untilIdle: false }, exitWithApplication: null },
      drainMs: 1000,
      stateFolder: '/var/lib/istio/data',
      status: { status: { host: '0.0.0.0', port: 15_020 }, ready: { port: 15_021 }, metrics: { port: 15_090 } },
      dns: { listen: { host: '127.0.0.1', port: 15_053 } },
    })
  })

  it('is told more by flags, which win, and by those of today’s manifests', () => {
    const manifest = [
      'proxy',
      'router',
      '--domain',
      'shop.svc.east.local',
      '--proxyLogLevel=warning',
      '--proxyComponentLogLevel=misc:error',
    ]
    const flags = [
      '--log_output_level=default:info,ads:debug',
      '--concurrency',
      '2',
      '--trust-domain',
      'other.org',
      '--xds',
      '10.0.0.1:15012',
    ]
    const options = parseProxyOptions([...manifest, ...flags], podSettings(POD, files()))
    expect(options).toMatchObject({
      node: 'router~10.0.0.7~web-1.shop~shop.svc.east.local',
      identity: { flags: { trustDomain: 'other.org' } },
      xds: { host: '10.0.0.1' },
      logLevel: 'info',
      stateFolder: null,
    })
    expect(options.idle.map(({ flag }) => flag)).toEqual(['--proxyComponentLogLevel', '--concurrency'])
  })

  it('takes what nobody says as Istio does', () => {
    const settings = podSettings(
      { POD_NAME: 'a', POD_NAMESPACE: 'b', PROXY_CONFIG: 'discoveryAddress: istiod-next.mesh.svc:15012' },
      files(),
    )
    expect(settings).toMatchObject({
      serviceAccount: 'default',
      trustDomain: 'cluster.local',
      caAddress: 'istio-citadel.mesh.svc:8060',
      interceptionMode: 'REDIRECT',
      clusterId: 'Kubernetes',
      config: { terminationDrainMs: 5000, adminPort: 15_000, statusPort: 15_020, isSecure: true },
    })
  })

  it('lets the annotation of the pod win over the configuration of the mesh, and speaks plain text only if told', () => {
    const annotations = 'proxy.istio.io/config="terminationDrainDuration: 7s\\ncontrolPlaneAuthPolicy: NONE\\n"\n'
    const settings = podSettings(POD, files({ '/etc/istio/pod/annotations': annotations }))
    expect(settings?.config).toMatchObject({ terminationDrainMs: 7000, isSecure: false, discovery: { host: 'istiod.mesh.svc' } })
    expect(parseProxyOptions([], settings).xdsTrust).toBe(null)
  })

  it('listens where a pod with IPv6 only is asked', () => {
    const options = parseProxyOptions([], podSettings({ ...POD, INSTANCE_IP: 'fd00::7' }, files()))
    expect(options.status).toMatchObject({ status: { host: '::' }, ready: { host: '::' }, metrics: { host: '::' } })
  })

  it.each([
    [{ EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true' }, { graceMs: 5000, untilIdle: true }, 1000],
    [{ EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: '8s' }, { graceMs: 8000, untilIdle: true }, 1000],
    [{ MESHWORK_NATIVE_SIDECAR: 'true' }, { graceMs: 0, untilIdle: false }, 90_000],
  ])('stops as %j says', (variables, termination, drainMs) => {
    expect(podSettings({ ...POD, ...variables }, files())).toMatchObject({ termination, drainMs })
  })

  it('is in no pod without the name of one', () => expect(podSettings({}, files())).toBe(null))

  it.each([
    [{ MESHWORK_EXIT_WITH_APPLICATION: 'Always' }, "is 'Always'"],
    [{ POD_NAMESPACE: '' }, 'POD_NAMESPACE is not'],
    [{ PROXY_CONFIG: '{' }, 'PROXY_CONFIG'],
    [{ PROXY_CONFIG: '[]' }, 'PROXY_CONFIG is not an object'],
    [{ PROXY_CONFIG: 'discoveryAddress: nowhere' }, "discoveryAddress: 'nowhere'"],
    [{ PROXY_CONFIG: 'terminationDrainDuration: soon' }, "'soon' is not a duration"],
    [{ PROXY_CONFIG: 'proxyAdminPort: 70000' }, 'proxyAdminPort is not a port'],
  ])('refuses %j', (wrong, message) => expect(() => podSettings({ ...POD, ...wrong }, files())).toThrow(message))
})

it('reads what the kubelet quotes as Go does', () => {
  const text = 'a="x"\nb/c="say \\"hi\\"\\n\\ttab \\\\ \\u00e9 \\U0001f600 \\x07"\nbroken\nd="'
  expect(parseDownwardFile(text)).toEqual({ a: 'x', 'b/c': 'say "hi"\n\ttab \\ é 😀 \u0007' })
})
