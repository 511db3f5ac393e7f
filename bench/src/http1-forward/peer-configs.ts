/** Each peer forwards everything from `port` to the backend with keep-alive on both sides, on one thread, without logs. */

export function envoyConfig(port: number, backend: number): string {
  return JSON.stringify({
    static_resources: {
      listeners: [{ name: 'main', address: socketAddress(port), filter_chains: [{ filters: [envoyManager()] }] }],
      clusters: [
        {
          name: 'backend',
          connect_timeout: '5s',
          load_assignment: { cluster_name: 'backend', endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(backend) } }] }] },
        },
      ],
    },
  })
}

function envoyManager(): object {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      stat_prefix: 'main',
      route_config: {
        name: 'main',
        virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'backend' } }] }],
      },
      http_filters: [
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
        },
      ],
    },
  }
}

function socketAddress(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

export function haproxyConfig(port: number, backend: number): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend main
  bind 127.0.0.1:${port}
  default_backend backend
backend backend
  server one 127.0.0.1:${backend}
`
}

export function nginxProxyConfig(folder: string, port: number, backend: number): string {
  return nginx(
    folder,
    `upstream backend { server 127.0.0.1:${backend}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
  }`,
  )
}

/** Answers every request with `bytes` bytes. */
export function nginxBackendConfig(folder: string, port: number, bytes: number): string {
  return nginx(folder, `server { listen 127.0.0.1:${port}; location / { return 200 "${'x'.repeat(bytes)}"; } }`)
}

function nginx(folder: string, servers: string): string {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${servers}
}
`
}
