/**
 * ALPN name by which two of our proxies agree that a hop of HTTP/1.1 is carried in HTTP/2 frames: requests of many connections
 * share few, and whoever receives them treats them as HTTP/1.1. A proxy that does not know the name chooses another one.
 */
export const TUNNEL_PROTOCOL = 'meshwork-h2'
