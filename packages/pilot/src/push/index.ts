export * from './generated-view.ts'
export * from './push-loop.ts'
export * from './view-generator.ts'
