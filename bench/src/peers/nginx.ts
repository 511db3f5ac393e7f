import { userInfo } from 'node:os'
import { freePort } from '@meshwork/testkit/net'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type BenchRun, LOAD_CORE, requiredPeer, SUBJECT_CORE } from '../harness/bench-run.ts'
import type { PinnedProcess } from '../harness/pinned-process.ts'

/** nginx as a proxy with keep-alive on both sides. `edits`: further lines of its location. */
export async function startNginx(run: BenchRun, port: number, backend: number, edits = ''): Promise<PinnedProcess> {
  const servers = `upstream backend { server 127.0.0.1:${backend}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      ${edits}
    }
  }`
  return start(run, SUBJECT_CORE, port, servers)
}

export interface BackendOptions {
  /** Size of each answer. */
  readonly bytes: number
  readonly http2?: boolean
  /** Answers as a gRPC server does: one message and `grpc-status: 0`. */
  readonly grpc?: boolean
}

/** Answers every request alike, on the load's core. Returns its port. */
export async function startBackend(run: BenchRun, { bytes, http2 = false, grpc = false }: BackendOptions): Promise<number> {
  const port = await freePort()
  const grpcLines = 'default_type application/grpc; add_trailer grpc-status 0;'
  const listen = `listen 127.0.0.1:${port}${http2 ? ' http2' : ''};`
  const body = 'x'.repeat(bytes)
  await start(run, LOAD_CORE, port, `server { ${listen} location / { ${grpc ? grpcLines : ''} return 200 "${body}"; } }`)
  return port
}

/** Serves files of the run's folder. Returns its port. */
export async function startFileServer(run: BenchRun): Promise<number> {
  const port = await freePort()
  await start(run, LOAD_CORE, port, `server { listen 127.0.0.1:${port}; root ${run.folder}; sendfile on; }`)
  return port
}

async function start(run: BenchRun, core: number, port: number, servers: string): Promise<PinnedProcess> {
  const folder = join(run.folder, `nginx-${port}`)
  await mkdir(folder)
  const file = await run.file(`nginx-${port}.conf`, nginxConfig(folder, servers))
  const process = run.start(core, requiredPeer('nginx'), ['-p', folder, '-c', file])
  await process.accepts(port)
  return process
}

function nginxConfig(folder: string, servers: string): string {
  // As ourselves: the run's folder is nobody else's to read.
  return `daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  http2_max_concurrent_streams 1000;
  http2_max_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${servers}
}
`
}
