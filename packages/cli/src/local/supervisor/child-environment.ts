export type Environment = Readonly<Record<string, string | undefined>>

const PROXY_SETTINGS = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'grpc_proxy']
/** Tells Node of an IPC channel: that of our own parent, if it has one, is not for our children. */
const OWN_CHANNEL = 'NODE_CHANNEL_FD'

/** Our processes must not take the proxy settings of the user's shell for their own connections, which are all on loopback. */
export function withoutProxySettings(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== OWN_CHANNEL && !PROXY_SETTINGS.includes(name)))
}
