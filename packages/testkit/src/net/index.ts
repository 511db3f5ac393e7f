export { freePort, freePorts } from './free-port.ts'
export { type InterceptionOptions, interceptionRules } from './interception.ts'
export { PodNetwork, type PodNetworkSpec, podNetworkObstacle, type PodSpec } from './pod-network.ts'
export { runCommand } from './run-command.ts'
