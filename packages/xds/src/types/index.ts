export * from './messages.ts'
export * from './node.ts'
export * from './resource.ts'
export * from './type-urls.ts'
