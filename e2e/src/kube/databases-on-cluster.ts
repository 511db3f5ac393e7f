import type { PeerImage } from './peer-image.ts'

/** A database as its users deploy it: nothing about it speaks of a mesh. */
export interface Database {
  readonly name: string
  readonly port: number
  /** Name of the port in the Service; none, as most users write it. */
  readonly portName?: string
  /** What serves it, as a user without rights and with files below /tmp only. */
  readonly serve: string
  /** What a client says first, in base64; empty where the server speaks first. */
  readonly hello: string
  /** What the server's first bytes are, in hexadecimal. */
  readonly greets: RegExp
  /** The real client asks for something at HOST and prints one line. */
  readonly ask: (host: string) => string
  readonly answer: string
}

const POSTGRES = '/usr/lib/postgresql/15'

export const DATABASE_IMAGE: PeerImage = {
  reference: 'docker.io/local/databases:1',
  peers: ['redis-server', 'mariadbd', 'postgres'],
  programs: [`${POSTGRES}/bin/initdb`, `${POSTGRES}/bin/psql`, '/usr/bin/redis-cli', '/usr/bin/mariadb'],
  folders: [`${POSTGRES}/lib`, '/usr/share/postgresql/15', '/usr/share/mysql'],
}

/** StartupMessage of version 3.0: length, version, then `user` and its value, each ended by a zero byte. */
function postgresHello(user: string): string {
  const fields = Buffer.from(`user\0${user}\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + fields.length)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, fields]).toString('base64')
}

const MARIADB_LEAN = '--innodb-buffer-pool-size=16M --innodb-log-file-size=4M --performance-schema=OFF'

function mariadb(name: string, port: number, portName?: string): Database {
  return {
    name,
    port,
    ...(portName === undefined ? {} : { portName }),
    serve: `mkdir -p /tmp/my && exec /usr/sbin/mariadbd --no-defaults --datadir=/tmp/my --socket=/tmp/my.sock --pid-file=/tmp/my.pid --skip-grant-tables --skip-name-resolve --max-connect-errors=1000000 ${MARIADB_LEAN} --port=${port}`,
    hello: '',
    // Protocol version 10 behind the four bytes that every packet begins with.
    greets: /^.{8}0a/,
    ask: host => `/usr/bin/mariadb --no-defaults --skip-ssl -h ${host} -P ${port} -N -e 'select 40 + 2'`,
    answer: '42',
  }
}

export const DATABASES: readonly Database[] = [
  {
    name: 'redis',
    port: 6379,
    serve: 'exec /usr/bin/redis-server --port 6379 --save "" --dir /tmp --protected-mode no',
    hello: Buffer.from('PING\r\n').toString('base64'),
    greets: /^2b504f4e47/,
    ask: host => `/usr/bin/redis-cli -h ${host} incrby visits 42`,
    answer: '42',
  },
  {
    name: 'postgres',
    port: 5432,
    serve: `${POSTGRES}/bin/initdb -D /tmp/pg -U mesh -A trust --no-sync -E UTF8 --locale=C && echo 'host all all all trust' >> /tmp/pg/pg_hba.conf && exec ${POSTGRES}/bin/postgres -D /tmp/pg -h 0.0.0.0 -c fsync=off -c shared_buffers=16MB -c max_connections=20 -c unix_socket_directories=/tmp`,
    hello: postgresHello('mesh'),
    greets: /^52/,
    ask: host => `${POSTGRES}/bin/psql -h ${host} -U mesh -d postgres -tAc 'select 40 + 2'`,
    answer: '42',
  },
  mariadb('mysql', 3306),
  mariadb('shop-db', 13306, 'mysql'),
]

const NOBODY = 65_534

/** The databases in a namespace, and a pod `client` that has their clients. */
export function databaseObjects(namespace: string): readonly object[] {
  const client = { name: 'app', ...container(['sleep 100000']) }
  return [
    ...DATABASES.flatMap(database => serviceAndDeployment(namespace, database)),
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'client', namespace }, spec: podSpec(client) },
  ]
}

function container(args: readonly string[]): object {
  return { image: DATABASE_IMAGE.reference, imagePullPolicy: 'Never', args, env: [{ name: 'HOME', value: '/tmp' }] }
}

function podSpec(app: object): object {
  return { terminationGracePeriodSeconds: 1, securityContext: { runAsUser: NOBODY, runAsGroup: NOBODY }, containers: [app] }
}

function serviceAndDeployment(namespace: string, { name, port, portName, serve }: Database): readonly object[] {
  const labels = { app: name }
  const app = { name: 'db', ...container([serve]), readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }
  const ports = [portName === undefined ? { port } : { name: portName, port }]
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: labels, ports } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(app) } },
    },
  ]
}
