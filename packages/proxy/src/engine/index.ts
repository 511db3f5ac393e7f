export * from './engine.ts'
export * from './views.ts'
