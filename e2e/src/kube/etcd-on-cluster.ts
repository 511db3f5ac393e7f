const NAME = 'etcd'
export const ETCD_IMAGE = 'docker.io/local/etcd:1'
export const ETCD_MEMBERS: readonly string[] = [0, 1, 2].map(number => `${NAME}-${number}`)

const CLUSTER = ETCD_MEMBERS.map(member => `${member}=http://${member}.${NAME}:2380`).join(',')
const URLS = ['--listen-peer-urls=http://0.0.0.0:2380', '--listen-client-urls=http://0.0.0.0:2379'].join(' ')
const OWN_URLS = `--initial-advertise-peer-urls=http://$POD.${NAME}:2380 --advertise-client-urls=http://$POD.${NAME}:2379`
const SERVE = `exec /usr/bin/hyperkube etcd --name=$POD --data-dir=/tmp/data --initial-cluster=${CLUSTER} ${URLS} ${OWN_URLS}`

/** Three members that find each other by names of a headless Service, as its charts deploy it; `hyperkube` of the test cluster serves it. */
export function etcdObjects(namespace: string): readonly object[] {
  const metadata = { name: NAME, namespace }
  const labels = { app: NAME }
  const container = {
    name: NAME,
    image: ETCD_IMAGE,
    imagePullPolicy: 'Never',
    args: [SERVE],
    env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [
      { name: 'client', containerPort: 2379 },
      { name: 'peer', containerPort: 2380 },
    ],
    readinessProbe: { httpGet: { path: '/health', port: 2379 }, periodSeconds: 1, timeoutSeconds: 5 },
  }
  const ports = container.ports.map(({ name, containerPort }) => ({ name, port: containerPort }))
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } }
  return [
    // Members look for each other before any is ready.
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: labels, ports } },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        serviceName: NAME,
        replicas: ETCD_MEMBERS.length,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels },
        template,
      },
    },
  ]
}
