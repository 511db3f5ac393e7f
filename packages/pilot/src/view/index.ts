export * from './proxy-node.ts'
export * from './view-identity.ts'
export * from './view-plan.ts'
export * from './view-parts.ts'
