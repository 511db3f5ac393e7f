export * from './control-plane.ts'
export * from './xds-link.ts'
export * from './json-resource.ts'
export * from './newer-relay.ts'
