import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { kubectl, restartApiServer } from '../cluster/control-plane.ts'
import { eventually } from '../mesh/eventually.ts'
import { sample } from './bookinfo-on-cluster.ts'
import { type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { APPS_IMAGE } from './test-images.ts'

const ECHO = 'http://echo.yard/'
const EFFECT_LIMIT_MS = 30_000
/** The figure of issue 6 is 1 s; a machine that does other work besides takes longer. */
const PROGRAMMED_LIMIT_MS = 5_000
const SAMPLES = ['virtual-service-all-v1', 'destination-rule-all', 'bookinfo-gateway']

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'echo', namespace: 'yard' },
  spec: { selector: { app: 'echo' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
}
const CALLERS = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'echo', namespace: 'yard' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'echo' } },
    template: {
      metadata: { labels: { app: 'echo' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'app', image: APPS_IMAGE, imagePullPolicy: 'Never', args: ['echo'] }],
      },
    },
  },
}

/** Answers `body` in place of the echo. */
function answering(body: string): object {
  const spec = { hosts: ['echo'], http: [{ directResponse: { status: 200, body: { string: body } } }] }
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'echo', namespace: 'yard' }, spec }
}

function inYard(apiVersion: string, kind: string, spec: object): object {
  return { apiVersion, kind, metadata: { name: 'told', namespace: 'yard' }, spec }
}

/** One of each group that pilot reads, today's and those of Istio 1.0. */
const OF_EVERY_GROUP = [
  inYard('networking.istio.io/v1', 'DestinationRule', { host: 'echo' }),
  inYard('security.istio.io/v1', 'PeerAuthentication', { selector: { matchLabels: { app: 'nobody' } }, mtls: { mode: 'STRICT' } }),
  inYard('telemetry.istio.io/v1', 'Telemetry', {
    selector: { matchLabels: { app: 'nobody' } },
    tracing: [{ randomSamplingPercentage: 1 }],
  }),
  inYard('extensions.istio.io/v1alpha1', 'WasmPlugin', { selector: { matchLabels: { app: 'nobody' } }, url: 'file:///nobody.wasm' }),
  inYard('authentication.istio.io/v1alpha1', 'Policy', { targets: [{ name: 'nobody' }], peers: [{ mtls: {} }] }),
  inYard('rbac.istio.io/v1alpha1', 'ServiceRole', { rules: [{ services: ['nobody.yard.svc.cluster.local'], methods: ['GET'] }] }),
  inYard('config.istio.io/v1alpha2', 'QuotaSpec', { rules: [{ quotas: [{ quota: 'requests', charge: 1 }] }] }),
]

/** A filter that no proxy has. Validation cannot know that. */
const REFUSED = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'refused', namespace: 'yard' },
  spec: {
    configPatches: [
      {
        applyTo: 'HTTP_FILTER',
        match: { context: 'SIDECAR_OUTBOUND' },
        patch: { operation: 'INSERT_FIRST', value: { name: 'nobody', typed_config: { '@type': 'type.googleapis.com/example.Nobody' } } },
      },
    ],
  },
}

describe('configuration in a cluster', () => {
  let mesh: MeshOnCluster
  let caller: Caller

  beforeAll(async () => {
    mesh = await MeshOnCluster.up('configuration', ['pilot.replicaCount=2'])
    caller = await mesh.namespace('yard')
    await mesh.world.apply(SERVICE, CALLERS)
    await mesh.settled('yard')
  }, 900_000)

  afterAll(() => mesh?.down())

  async function body(): Promise<string | undefined> {
    return (await mesh.call(caller, ECHO))[0]?.body
  }

  async function takesEffect(text: string): Promise<void> {
    await mesh.world.apply(answering(text))
    await eventually(async () => expect(await body()).toBe(text), EFFECT_LIMIT_MS)
  }

  function conditions(resource: string): Promise<string> {
    const path = '{range .status.conditions[*]}{.type}={.status} {end}{.status.observedGeneration}'
    return mesh.kubectl('get', '-n', 'yard', resource, '-o', `jsonpath=${path}`)
  }

  function refusal(object: object): Promise<string> {
    return mesh.world.apply(object).then(
      () => 'was taken',
      (error: Error) => error.message,
    )
  }

  test('objects of Istio’s users apply unchanged; kubectl knows their short names and says how they fare (part 3)', async () => {
    for (const name of SAMPLES) await mesh.applyTo('yard', sample(`istio-1.0/bookinfo/networking/${name}.yaml`))
    const lines = (await mesh.kubectl('get', 'vs,dr,gw', '-n', 'yard')).split('\n')
    expect(lines.find(line => line.startsWith('NAME'))).toMatch(/GATEWAYS +HOSTS +.*PROGRAMMED.* AGE/)
    await eventually(async () => {
      const programmed = (await mesh.kubectl('get', 'vs', '-n', 'yard')).split('\n').find(line => line.startsWith('reviews'))
      expect(programmed).toMatch(/\["reviews"\] .*True/)
    }, EFFECT_LIMIT_MS)
  })

  test('an object is Programmed on all proxies soon after it was applied, and its status says of which version (part 4)', async () => {
    await takesEffect('first')
    for (let generation = 2; generation < 7; generation++) {
      await mesh.world.apply(answering(`generation ${generation}`))
      const path = 'jsonpath={.status.conditions[?(@.type=="Programmed")].status}'
      await eventually(async () => {
        expect(await mesh.kubectl('get', '-n', 'yard', 'vs/echo', '-o', path)).toBe('True')
        expect(await conditions('vs/echo')).toBe(`Accepted=True Programmed=True ${generation}`)
      }, PROGRAMMED_LIMIT_MS)
    }
    expect(await mesh.kubectl('get', '-n', 'yard', 'vs/echo')).toMatch(/programmed on (\d+) of \1 proxies/)
  })

  test('objects of every group say whether they were accepted (part 4)', async () => {
    await mesh.world.apply(...OF_EVERY_GROUP)
    const kinds = OF_EVERY_GROUP.map(object => ('kind' in object ? String(object.kind) : '').toLowerCase())
    for (const kind of kinds) {
      await eventually(async () => expect(await conditions(`${kind}/told`)).toMatch(/Accepted=True/), EFFECT_LIMIT_MS)
    }
  })

  test('the root that citadel publishes is put right when somebody edits it (part 4)', async () => {
    const root = (): Promise<string> =>
      mesh.kubectl('get', 'cm', '-n', 'yard', 'istio-ca-root-cert', '-o', 'jsonpath={.data.root-cert\\.pem}')
    const published = await root()
    expect(published).toContain('BEGIN CERTIFICATE')
    await mesh.kubectl('patch', 'cm', '-n', 'yard', 'istio-ca-root-cert', '--type=merge', '-p', '{"data":{"root-cert.pem":"edited"}}')
    await eventually(async () => expect(await root()).toBe(published), EFFECT_LIMIT_MS)
  })

  test('[journey-37] what proxies refuse says so with their sentence, and other configuration flows on (part 4)', async () => {
    await mesh.world.apply(REFUSED)
    await eventually(async () => {
      expect(await conditions('envoyfilter/refused')).toMatch(/Accepted=True Programmed=False Rejected=True/)
      expect(await mesh.kubectl('get', 'events', '-n', 'yard', '--field-selector=reason=Rejected')).toMatch(/says: .* is not supported/)
    }, EFFECT_LIMIT_MS)
    await takesEffect('beside the refused')
    await mesh.kubectl('delete', '-n', 'yard', 'envoyfilter', 'refused')
  })

  test('the replica that writes statuses is killed, and the other one goes on (part 4)', async () => {
    const lease = ['get', 'lease', '-n', 'istio-system', 'istio-status-leader', '-o', 'jsonpath={.spec.holderIdentity}']
    const first = await mesh.kubectl(...lease)
    const [pod = ''] = first.split('_')
    await mesh.kubectl('delete', 'pod', '-n', 'istio-system', pod, '--now')
    await eventually(async () => expect(await mesh.kubectl(...lease)).not.toBe(first), 60_000)
    await takesEffect('by the second')
    await eventually(async () => expect(await conditions('vs/echo')).toMatch(/Accepted=True Programmed=True/), EFFECT_LIMIT_MS)
  })

  test('the API server is killed and comes back: requests go on, and what was applied after it takes effect (part 4)', async () => {
    await takesEffect('before')
    const { node, nodePid, hyperkube } = mesh.world.cluster
    await restartApiServer({ node, nodePid, hyperkube })
    expect(await body()).toBe('before')
    await takesEffect('after')
  }, 240_000)

  test('a definition goes and comes back later: its objects are forgotten, all others stay (part 4)', async () => {
    await takesEffect('before the definition went')
    const definition = await mesh.kubectl('get', 'crd', 'telemetries.telemetry.istio.io', '-o', 'json')
    await mesh.kubectl('delete', 'crd', 'telemetries.telemetry.istio.io')
    await takesEffect('without it')
    await kubectl(mesh.world.cluster, ['create', '-f', '-'], definition)
    const metadata = { name: 'mesh', namespace: 'yard' }
    await eventually(
      () => mesh.world.apply({ apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry', metadata, spec: { tracing: [{}] } }),
      EFFECT_LIMIT_MS,
    )
    await eventually(async () => expect(await conditions('telemetry/mesh')).toMatch(/Accepted=True/), EFFECT_LIMIT_MS)
    expect(await body()).toBe('without it')
  })

  test('two writers of one object: what each owns stays, and the last word of both is served (part 4)', async () => {
    await takesEffect('mine')
    const theirs = { ...answering('mine'), metadata: { name: 'echo', namespace: 'yard', annotations: { theirs: 'kept' } } }
    const write = ['apply', '--server-side', '--field-manager=theirs', '--force-conflicts', '-f', '-']
    await Promise.all([kubectl(mesh.world.cluster, write, JSON.stringify(theirs)), mesh.world.apply(SERVICE)])
    await takesEffect('mine again')
    expect(await mesh.kubectl('get', '-n', 'yard', 'vs', 'echo', '-o', 'jsonpath={.metadata.annotations.theirs}')).toBe('kept')
    await eventually(async () => expect(await conditions('vs/echo')).toMatch(/Accepted=True Programmed=True/), EFFECT_LIMIT_MS)
  })

  test('[traffic-110] a broken object is refused with the field that is wrong, and the last good one stays (part 7)', async () => {
    await takesEffect('good')
    const broken = { ...answering('bad'), spec: { hosts: ['echo'], http: [{ route: [{ destination: { host: 'echo' }, weight: -1 }] }] } }
    expect(await refusal(broken)).toMatch(/ is invalid: spec\.http\[0\]\.route\[0\]\.weight: /)
    expect(await body()).toBe('good')
  })

  test('what is legal and wrong is taken with a warning (part 7)', async () => {
    const spec = { hosts: ['echo'], http: [{ route: [{ destination: { host: 'echo', subset: 'nobody' } }] }] }
    const metadata = { name: 'warned', namespace: 'yard' }
    const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec }
    const command = ['apply', '--dry-run=server', '--warnings-as-errors', '-f', '-']
    const complaint = await kubectl(mesh.world.cluster, command, JSON.stringify(object)).catch((error: Error) => error.message)
    expect(complaint).toMatch(/Warning: .*IST\d{4}/)
  })

  test('without a pilot nothing can be changed by mistake, and everything can be deleted (part 7)', async () => {
    await mesh.kubectl('scale', 'deployment/istiod', '-n', 'istio-system', '--replicas=0')
    await mesh.kubectl('wait', 'pod', '-n', 'istio-system', '-l', 'app=istiod', '--for=delete', '--timeout=60s')
    expect(await refusal(answering('unchecked'))).toMatch(/failed calling webhook/)
    await mesh.kubectl('delete', 'vs', 'echo', '-n', 'yard')
    await mesh.kubectl('scale', 'deployment/istiod', '-n', 'istio-system', '--replicas=1')
    await mesh.kubectl('rollout', 'status', '-n', 'istio-system', 'deployment/istiod', '--timeout=100s')
    // A pilot that begins with what was there before is asked again for a while (decision 0046).
    await eventually(async () => expect(await body()).toContain('"name":"echo"'), EFFECT_LIMIT_MS)
  })
})
