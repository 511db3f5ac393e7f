export * from './push-loop.ts'
export * from './view-generator.ts'
