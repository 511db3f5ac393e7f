export { interceptionChains } from './interception-chains.ts'
export { iptablesInput } from './iptables.ts'
