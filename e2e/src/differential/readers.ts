import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

import { admin, bootstrap, cluster, httpFilter, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { startEnvoy, whenAdminReady } from '@meshwork/testkit/mesh'
import { freePorts } from '@meshwork/testkit/net'
import { Child } from '@meshwork/testkit/process'

import { peerPath } from '../../../scripts/peers/table.ts'

/** What stands behind a reader. */
export interface Backend extends AsyncDisposable {
  readonly port: number
}

/** A proxy with a backend of its own, or the backend alone. */
export interface Reader<B extends Backend> extends AsyncDisposable {
  readonly name: ReaderName
  readonly port: number
  readonly backend: B
}

export type ReaderName = 'meshwork' | 'llhttp' | 'haproxy' | 'nginx' | 'envoy'

/** The peers that are not installed, by the names of `npm run peers`. */
export const MISSING_PEERS: readonly string[] = ['haproxy', 'nginx', 'envoy'].filter(name => peerPath(name) === undefined)

/** All of them, ours first, each before a backend of its own; llhttp is that of Node's server or client, with no proxy between. */
export async function startReaders<B extends Backend>(startBackend: () => Promise<B>): Promise<readonly Reader<B>[]> {
  const starts = [startMeshwork, startLlhttp, startHaproxy, startNginx, startEnvoyReader]
  return Promise.all(starts.map(async start => start(await startBackend())))
}

/** What our proxy and Envoy are both told. */
async function envoyForm(backend: Backend): Promise<{ readonly port: number; readonly adminPort: number; readonly config: object }> {
  const [port = 0, adminPort = 0] = await freePorts(2)
  const config = bootstrap([listener(port, httpFilter('a', 'HTTP1'))], [cluster('a', backend.port)], admin(adminPort))
  return { port, adminPort, config }
}

async function startMeshwork<B extends Backend>(backend: B): Promise<Reader<B>> {
  const { port, config } = await envoyForm(backend)
  const proxy = await StaticProxy.start('differential', { ...config })
  return reader('meshwork', port, backend, () => proxy[Symbol.asyncDispose]())
}

function startLlhttp<B extends Backend>(backend: B): Promise<Reader<B>> {
  return Promise.resolve(reader('llhttp', backend.port, backend, () => Promise.resolve()))
}

async function startEnvoyReader<B extends Backend>(backend: B): Promise<Reader<B>> {
  const { port, adminPort, config } = await envoyForm(backend)
  const folder = mkdtempSync(join(tmpdir(), 'differential-envoy-'))
  const child = startEnvoy({ name: 'envoy', bootstrap: { ...config }, folder })
  await whenAdminReady(`127.0.0.1:${adminPort}`, child, 20_000)
  return reader('envoy', port, backend, () => stop(child, folder))
}

async function startHaproxy<B extends Backend>(backend: B): Promise<Reader<B>> {
  const config = (port: number, backend: number): string => `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend in
  bind 127.0.0.1:${port}
  default_backend out
backend out
  http-reuse always
  server one 127.0.0.1:${backend}
`
  return startPeer('haproxy', backend, file => ['-db', '-f', file], config)
}

async function startNginx<B extends Backend>(backend: B): Promise<Reader<B>> {
  const config = (port: number, backend: number, folder: string): string => `daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  upstream up { server 127.0.0.1:${backend}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
  }
}
`
  return startPeer('nginx', backend, (file, folder) => ['-p', folder, '-e', join(folder, 'error.log'), '-c', file], config)
}

async function startPeer<B extends Backend>(
  name: 'haproxy' | 'nginx',
  backend: B,
  args: (file: string, folder: string) => readonly string[],
  config: (port: number, backend: number, folder: string) => string,
): Promise<Reader<B>> {
  const [port = 0] = await freePorts(1)
  const folder = mkdtempSync(join(tmpdir(), `differential-${name}-`))
  mkdirSync(join(folder, 'logs'))
  const file = join(folder, 'peer.conf')
  writeFileSync(file, config(port, backend.port, folder))
  const child = new Child({ name, command: [peerPath(name) ?? name, ...args(file, folder)], ipc: false })
  await accepts(port, child)
  return reader(name, port, backend, () => stop(child, folder))
}

function reader<B extends Backend>(name: ReaderName, port: number, backend: B, end: () => Promise<void>): Reader<B> {
  const dispose = async (): Promise<void> => {
    await end()
    await backend[Symbol.asyncDispose]()
  }
  return { name, port, backend, [Symbol.asyncDispose]: dispose }
}

async function stop(child: Child, folder: string): Promise<void> {
  await child.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function accepts(port: number, child: Child): Promise<void> {
  const endMs = performance.now() + 10_000
  while (!(await canConnect(port))) {
    if (!child.running() || performance.now() > endMs) throw new Error(`${child.name} does not accept:\n${child.log.tail(20)}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
