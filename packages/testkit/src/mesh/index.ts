export { envoyBootstrap, type EnvoyNode, type EnvoySources } from './envoy-bootstrap.ts'
export { adminPage, type AdminPage, envoyBinary, envoyObstacle, type EnvoyOptions, startEnvoy, whenAdminReady } from './start-envoy.ts'
